"""One request as spans of OpenTelemetry: itself, and what it waited for.

OTLP's JSON form (opentelemetry-proto, "JSON Protobuf Encoding"); names and attributes as in the
semantic conventions for HTTP servers. Nothing of the visitor is in it: no query, no user, no text.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any, Final

_INTERNAL: Final = 1
_SERVER: Final = 2
_CLIENT: Final = 3
_ERROR: Final = 2

_MOST_SPANS: Final = 200

Span = dict[str, Any]


class RequestTrace:
    """Records the spans of one request; ``finish`` returns them."""

    def __init__(
        self,
        trace_id: str,
        parent_id: str,
        *,
        now: Callable[[], int] = time.time_ns,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._now = now
        self._random_bytes = random_bytes
        self._trace_id = trace_id
        self._root = self._span("", _SERVER, parent_id)
        self._open = [self._root]
        self._spans = [self._root]

    @property
    def span_id(self) -> str:
        """The id of the request's own span."""
        return str(self._root["spanId"])

    def begin(self, part: str, what: str) -> None:
        """Begin a span within the one that is open."""
        kind = _INTERNAL if part == "render" else _CLIENT
        span = self._span(f"{part} {what}", kind, self._open[-1]["spanId"])
        self._open.append(span)
        if len(self._spans) < _MOST_SPANS:
            self._spans.append(span)

    def end(self, failed: bool) -> None:
        """End the span that began last."""
        if len(self._open) > 1:
            self._end(self._open.pop(), failed)

    def finish(self, method: str, route: str, status: int) -> list[Span]:
        """End the request's span and return all of them. A route names no visitor's text."""
        while len(self._open) > 1:
            self.end(failed=True)
        self._root["name"] = f"{method} {route}".rstrip()
        self._root["attributes"] = [
            {"key": "http.request.method", "value": {"stringValue": method}},
            {"key": "http.response.status_code", "value": {"intValue": str(status)}},
        ]
        if route:
            attribute = {"key": "http.route", "value": {"stringValue": route}}
            self._root["attributes"].append(attribute)
        self._end(self._root, failed=status >= 500)
        return self._spans

    def _span(self, name: str, kind: int, parent_id: str) -> Span:
        span: Span = {
            "traceId": self._trace_id,
            "spanId": self._random_bytes(8).hex(),
            "name": name,
            "kind": kind,
            "startTimeUnixNano": str(self._now()),
        }
        if parent_id:
            span["parentSpanId"] = parent_id
        return span

    def _end(self, span: Span, failed: bool) -> None:
        span["endTimeUnixNano"] = str(self._now())
        if failed:
            span["status"] = {"code": _ERROR}
