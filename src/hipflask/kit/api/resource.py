"""A resource: operations on one kind of thing, declared by decorating their handlers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from flask import Blueprint

from .access import SIGNED_IN, Access
from .operation import Handler, Operation
from .view import view_of

H = TypeVar("H", bound=Handler)

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


class Resource:
    """Operations below one path; registered by ``api.Api``.

    ``version`` names the attribute that changes whenever a thing changes, such as ``updated_at``:
    answers then have an ETag. ``who`` may call, unless an operation says otherwise.
    """

    def __init__(
        self,
        name: str,
        path: str,
        about: str,
        *,
        who: Access = SIGNED_IN,
        version: str = "",
    ) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError(f"A resource's name has small letters, digits and _: {name!r}")
        self.name, self.path, self.about = name, path, about
        self.operations: list[Operation] = []
        self.blueprint = Blueprint(name, __name__, url_prefix=path)
        self._who, self._version = who, version

    def get(
        self, path: str = "", *, who: Access | None = None, raises: Sequence[str] = ()
    ) -> Callable[[H], H]:
        """Let the decorated handler answer GET and HEAD."""
        return self._declare("GET", path, who, raises)

    def post(
        self, path: str = "", *, who: Access | None = None, raises: Sequence[str] = ()
    ) -> Callable[[H], H]:
        """Let the decorated handler answer POST; a repeated ``Idempotency-Key`` gets its answer."""
        return self._declare("POST", path, who, raises)

    def put(
        self, path: str = "", *, who: Access | None = None, raises: Sequence[str] = ()
    ) -> Callable[[H], H]:
        """Let the decorated handler answer PUT."""
        return self._declare("PUT", path, who, raises)

    def patch(
        self, path: str = "", *, who: Access | None = None, raises: Sequence[str] = ()
    ) -> Callable[[H], H]:
        """Let the decorated handler answer PATCH; its body is a JSON Merge Patch (RFC 7396)."""
        return self._declare("PATCH", path, who, raises)

    def delete(
        self, path: str = "", *, who: Access | None = None, raises: Sequence[str] = ()
    ) -> Callable[[H], H]:
        """Let the decorated handler answer DELETE."""
        return self._declare("DELETE", path, who, raises)

    def _declare(
        self, method: str, path: str, who: Access | None, raises: Sequence[str]
    ) -> Callable[[H], H]:
        def declared(handler: H) -> H:
            operation = Operation.read(
                handler,
                method=method,
                path=path,
                who=who or self._who,
                version=self._version,
                raises=raises,
            )
            self.operations.append(operation)
            self.blueprint.add_url_rule(path, operation.name, view_of(operation), methods=[method])
            return handler

        return declared
