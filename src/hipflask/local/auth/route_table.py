"""Which handler answers a request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from werkzeug.routing import Map, Rule

if TYPE_CHECKING:
    from werkzeug import Request

    from hipflask.local.auth.routes import Handler, Routes

_NO_VALUES: Final[Mapping[str, Any]] = {}


class RouteTable:
    """The routes of all endpoint files; the first of equal ones counts.

    A slash at a path's end does not matter.
    """

    def __init__(self, files: Iterable[Routes]) -> None:
        # Most paths are fixed, and a look into a dict finds them. Werkzeug's rules are for the
        # others and for refusals; methods with one handler share a rule: each costs a start 0.4 ms.
        self._fixed: dict[tuple[str, str], Handler] = {}
        methods: dict[tuple[str, Handler], list[str]] = {}
        for route in (route for routes in files for route in routes.all):
            methods.setdefault((route.path, route.handler), []).append(route.method)
            if "<" not in route.path:
                self._fixed.setdefault((route.method, route.path), route.handler)
        self._rules = Map(
            [
                Rule(path, endpoint=handler, methods=allowed)
                for (path, handler), allowed in methods.items()
            ],
            strict_slashes=False,
            merge_slashes=False,
        )

    def find(self, request: Request) -> tuple[Handler, Mapping[str, Any]]:
        """Return the handler and the values of its path's placeholders.

        Raises Werkzeug's NotFound and MethodNotAllowed.
        """
        fixed = self._fixed.get((request.method, request.environ.get("PATH_INFO", "")))
        if fixed is not None:
            return fixed, _NO_VALUES
        return self._rules.bind_to_environ(request.environ).match()
