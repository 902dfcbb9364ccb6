"""Routes of an API: a method and a path with names in braces, on a method of its class."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from tests.google.request import Request

Handler = TypeVar("Handler", bound=Callable[..., Any])


def route(method: str, *paths: str) -> Callable[[Handler], Handler]:
    """Mark a method as the handler of ``paths``.

    `{name}` matches one segment up to a colon, `{name*}` matches the rest.
    """

    def mark(handler: Handler) -> Handler:
        patterns = [(method, _compile(path)) for path in paths]
        handler.routes = patterns  # type: ignore[attr-defined]
        return handler

    return mark


def _compile(path: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+\*?)\}", path)
    text = ""
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            text += re.escape(piece)
        elif piece.endswith("*"):
            text += f"(?P<{piece[:-1]}>.+)"
        else:
            text += f"(?P<{piece}>[^/:]+)"
    return re.compile(text)


class API:
    """One of Google's APIs: finds the method for a request."""

    def find(self, request: Request) -> Callable[[Request], Any] | None:
        """Return the handler and leave the names of the path in ``request.params``."""
        for name in dir(type(self)):
            for method, pattern in getattr(getattr(type(self), name), "routes", ()):
                found = pattern.fullmatch(request.path) if method == request.method else None
                if found:
                    request.params = found.groupdict()
                    handler: Callable[[Request], Any] = getattr(self, name)
                    return handler
        return None
