"""How an endpoint file says what it answers.

    routes = Routes()

    @routes.get("/bucket/{bucket_id}", operation="storage.bucket.get")
    def get_bucket(call: Call, bucket_id: str) -> Answer: ...

A placeholder takes one segment; one that ends in ``...`` takes the rest of the path, which may not
be empty. Where two patterns fit, the one with more fixed segments at its beginning wins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from hipflask.local.storage.answers import Answer
from hipflask.local.storage.call import decoded

Handler: TypeAlias = Callable[..., Answer]

_REST: Final = "..."


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one pattern. ``operation`` is what ``storage.operation()`` returns."""

    method: str
    pattern: str
    handler: Handler
    operation: str
    #: Somebody without a valid token passes as ``anon``.
    token_is_optional: bool = False

    @property
    def fixed(self) -> tuple[str, ...]:
        """The fixed segments at the beginning."""
        parts = self.pattern.strip("/").split("/")
        count = next((i for i, part in enumerate(parts) if part.startswith("{")), len(parts))
        return tuple(parts[:count])

    def values_of(self, parts: Sequence[str]) -> dict[str, str] | None:
        """Return the placeholders' values in a path's segments, or None where they do not fit."""
        names = self.pattern.strip("/").split("/")
        values: dict[str, str] = {}
        for index, name in enumerate(names):
            if name.endswith(_REST + "}"):
                rest = decoded("/".join(parts[index:]))
                return values | {name[1 : -len(_REST) - 1]: rest} if rest else None
            if index >= len(parts):
                return None
            if name.startswith("{"):
                values[name[1:-1]] = decoded(parts[index])
            elif name != parts[index]:
                return None
        return values if len(parts) == len(names) and all(values.values()) else None


class Routes:
    """The routes of one endpoint file."""

    def __init__(self) -> None:
        self.all: list[Route] = []

    def add(
        self, method: str, pattern: str, *, operation: str, token_is_optional: bool = False
    ) -> Callable[[Handler], Handler]:
        """Let the decorated function answer ``method`` on ``pattern``."""

        def keep(handler: Handler) -> Handler:
            self.all.append(Route(method, pattern, handler, operation, token_is_optional))
            return handler

        return keep


class RouteTable:
    """Finds the route of a request."""

    def __init__(self, files: Iterable[Routes]) -> None:
        table: dict[tuple[str, ...], list[Route]] = {}
        for routes in files:
            for route in routes.all:
                table.setdefault((route.method, *route.fixed), []).append(route)
        self._table: Mapping[tuple[str, ...], list[Route]] = table
        self._deepest = max(len(key) for key in table) - 1

    def find(self, method: str, raw_path: str) -> tuple[Route, dict[str, str]] | None:
        """Return the route and its placeholders' values, or None."""
        parts = raw_path[1:].split("/")
        if len(parts) > 1 and not parts[-1] and parts[0] == "bucket":
            parts.pop()  # "/bucket/" is "/bucket"
        for depth in range(min(self._deepest, len(parts)), 0, -1):
            for route in self._table.get((method, *parts[:depth]), ()):
                values = route.values_of(parts)
                if values is not None:
                    return route, values
        return None
