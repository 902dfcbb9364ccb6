"""One operation of a resource, read from its handler's signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, get_args, get_origin, get_type_hints
from uuid import UUID

from .access import Access
from .answers import Created, Export, Page
from .conditions import Match

Handler = Callable[..., Any]

_PATH_TYPES: Final = (UUID, str, int)


@dataclass(frozen=True)
class Operation:
    """Method, path, who may, what comes in, what goes out, and what can go wrong.

    ``value`` is the type of the answer's body, None where there is none; ``wrapper`` is Created,
    Page or Export where the handler returns one. ``raises`` are slugs of problems.
    """

    name: str
    method: str
    path: str
    handler: Handler
    who: Access
    status: int
    value: Any
    wrapper: type | None
    body: Any
    query: Any
    path_types: Mapping[str, type]
    takes_match: bool
    summary: str
    description: str
    version: str = ""
    raises: Sequence[str] = field(default_factory=tuple)

    @classmethod
    def read(
        cls,
        handler: Handler,
        *,
        method: str,
        path: str,
        who: Access,
        version: str,
        raises: Sequence[str],
    ) -> Operation:
        """Read a handler. Raises TypeError when its signature says too little."""
        hints = get_type_hints(handler, include_extras=True)
        where = f"{handler.__module__}.{handler.__qualname__}"
        if "return" not in hints:
            raise TypeError(f"{where} must say what it returns.")
        path_types: dict[str, type] = {}
        special = {"body", "query", "match"}
        for name in inspect.signature(handler).parameters:
            if name not in hints:
                raise TypeError(f"{where}: the parameter {name} needs a type.")
            if name not in special:
                path_types[name] = hints[name]
        unfit = [name for name, kind in path_types.items() if kind not in _PATH_TYPES]
        if unfit:
            raise TypeError(f"{where}: {unfit} come from the path and must be UUID, str or int.")
        if "match" in hints and hints["match"] is not Match:
            raise TypeError(f"{where}: match must be an api.Match.")
        wrapper, value = _taken_apart(hints["return"])
        summary, _, rest = inspect.cleandoc(handler.__doc__ or "").partition("\n")
        return cls(
            name=handler.__name__,
            method=method,
            path=path,
            handler=handler,
            who=who,
            status=_status(wrapper, value),
            value=value,
            wrapper=wrapper,
            body=hints.get("body"),
            query=hints.get("query"),
            path_types=path_types,
            takes_match="match" in hints,
            summary=summary.rstrip("."),
            description=rest.strip(),
            version=version,
            raises=tuple(raises),
        )


def _taken_apart(kind: Any) -> tuple[type | None, Any]:
    if kind is type(None):
        return None, None
    origin = get_origin(kind)
    if origin in (Created, Page, Export):
        return origin, get_args(kind)[0]
    return None, kind


def _status(wrapper: type | None, value: Any) -> int:
    if wrapper is Created:
        return 201
    return 200 if value is not None else 204
