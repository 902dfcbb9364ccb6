"""Which request this is, and which trace it belongs to.

Cloud Run's front end sends ``X-Cloud-Trace-Context: TRACE/SPAN;o=1``; everybody else, and lately
Google too, W3C Trace Context's ``traceparent`` (section 3.2).
"""

from __future__ import annotations

import os
import re
from typing import Final

from flask import request

from .visit import Visit

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{7,63}", re.ASCII)
_CLOUD_TRACE: Final = re.compile(r"([0-9a-f]{32})(?:/(\d{1,20}))?(?:;o=([01]))?", re.IGNORECASE)
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


def begin_visit(current: Visit) -> None:
    """Give the request its id and its place in a trace."""
    given = request.headers.get("X-Request-Id", "")
    current.request_id = given if _REQUEST_ID.fullmatch(given) else os.urandom(16).hex()
    cloud = _CLOUD_TRACE.fullmatch(request.headers.get("X-Cloud-Trace-Context", ""))
    w3c = _TRACEPARENT.fullmatch(request.headers.get("traceparent", ""))
    if cloud:
        current.trace_id = cloud[1].lower()
        current.span_id = f"{int(cloud[2]) & (1 << 64) - 1:016x}" if cloud[2] else ""
        current.trace_sampled = cloud[3] == "1"
    elif w3c:
        current.trace_id, current.span_id = w3c[1], w3c[2]
        current.trace_sampled = bool(int(w3c[3], 16) & 1)
