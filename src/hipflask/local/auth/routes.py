"""How an endpoint file says what it answers.

    routes = Routes()

    @routes.post("/logout")
    def logout(call: Call) -> Answer: ...

``app.py`` lists the files; there is no other registry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint answers: JSON (``body`` a dict or list), or no body at all (None)."""

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


#: Values of the path's placeholders follow the call: ``def get_user(call, user_id)``.
Handler: TypeAlias = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path."""

    method: str
    path: str
    handler: Handler


class Routes:
    """The routes of one endpoint file."""

    def __init__(self) -> None:
        self.all: list[Route] = []

    def add(self, method: str, path: str) -> Callable[[Handler], Handler]:
        """Let the decorated function answer ``method`` on ``path``."""

        def keep(handler: Handler) -> Handler:
            self.all.append(Route(method, path, handler))
            return handler

        return keep

    def get(self, path: str) -> Callable[[Handler], Handler]:
        """Let the decorated function answer GET."""
        return self.add("GET", path)

    def post(self, path: str) -> Callable[[Handler], Handler]:
        """Let the decorated function answer POST."""
        return self.add("POST", path)

    def put(self, path: str) -> Callable[[Handler], Handler]:
        """Let the decorated function answer PUT."""
        return self.add("PUT", path)

    def delete(self, path: str) -> Callable[[Handler], Handler]:
        """Let the decorated function answer DELETE."""
        return self.add("DELETE", path)
