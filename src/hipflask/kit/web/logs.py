"""Log lines: JSON in Cloud Logging's format in the cloud, readable one-liners on a laptop.

Special fields: cloud.google.com/logging/docs/structured-logging and LogEntry's ``httpRequest``.
Trace ids: ``X-Cloud-Trace-Context: TRACE/SPAN;o=1`` and W3C Trace Context's ``traceparent``.
No secret reaches a line: values of query parameters are masked unless known to be harmless, and
whatever looks like a token, a key or a password is masked in every text.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import time
from datetime import UTC, datetime
from typing import IO, Any, Final
from urllib.parse import parse_qsl, urlencode

from flask import Response, has_request_context, request

from .settings import WebSettings
from .visit import Visit, visit

_access: Final = logging.getLogger("hipflask.access")

_HARMLESS: Final = frozenset(
    {"page", "per_page", "limit", "offset", "sort", "order", "lang", "type", "error_code"}
)
_MASK: Final = "***"
_SECRETS: Final = (
    (re.compile(r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), "eyJ***"),
    (re.compile(r"(sb_(?:secret|publishable)_)[\w-]+"), r"\1***"),
    (re.compile(r"(://[^/\s:@]*:)[^/\s@]+(@)"), r"\1***\2"),
    (re.compile(r"(\bv1\.)[\w-]{40,}"), r"\1***"),
    (re.compile(r"(__session=)[^;\s]+"), r"\1***"),
)
_NAMES: Final = ("passw", "secret", "token", "authorization", "apikey", "otp", "verifier", "code=")
_NAMED: Final = re.compile(
    r"(?i)((?:password|passwd|secret(?:_key)?|token|token_hash|authorization|apikey|otp"
    r"|verifier|(?<=[?&])code)[\"']?\s*[=:]\s*[\"']?(?:bearer\s+)?)[^\s\"'&,;}]+"
)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{7,63}", re.ASCII)
_CLOUD_TRACE: Final = re.compile(r"([0-9a-f]{32})(?:/(\d{1,20}))?(?:;o=([01]))?", re.IGNORECASE)
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_SEVERITY: Final = {"CRITICAL": "CRITICAL", "ERROR": "ERROR", "WARNING": "WARNING"} | {
    "INFO": "INFO",
    "DEBUG": "DEBUG",
}


def masked(text: str) -> str:
    """Return the text without what must not be kept: tokens, keys, passwords, cookie values."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    lower = text.lower()
    # Looking for the words first costs a fortieth of the pattern, which few lines need.
    return _NAMED.sub(r"\1***", text) if any(name in lower for name in _NAMES) else text


def masked_query(query: str) -> str:
    """Return a query string that names its parameters and hides their values."""
    pairs = parse_qsl(query, keep_blank_values=True, errors="replace")
    shown = [(name, text if name in _HARMLESS else _MASK) for name, text in pairs]
    return urlencode(shown, safe="*")


def begin_visit(current: Visit) -> None:
    """Give the request its id and its place in a trace."""
    given = request.headers.get("X-Request-Id", "")
    current.request_id = given if _REQUEST_ID.fullmatch(given) else os.urandom(16).hex()
    cloud = _CLOUD_TRACE.fullmatch(request.headers.get("X-Cloud-Trace-Context", ""))
    w3c = _TRACEPARENT.fullmatch(request.headers.get("traceparent", ""))
    if cloud:
        current.trace_id = cloud[1].lower()
        current.span_id = f"{int(cloud[2]):016x}" if cloud[2] else ""
        current.trace_sampled = cloud[3] == "1"
    elif w3c:
        current.trace_id, current.span_id = w3c[1], w3c[2]
        current.trace_sampled = bool(int(w3c[3], 16) & 1)


def log_request(response: Response) -> None:
    """Write the request's one line; quiet for health checks that succeed."""
    if request.endpoint in ("hipflask.healthz", "hipflask.readyz") and response.status_code < 400:
        return
    current = visit()
    seconds = time.perf_counter() - current.started
    query = masked_query(request.query_string.decode("latin-1"))
    path = request.path + (f"?{query}" if query else "")
    level = logging.ERROR if response.status_code >= 500 else logging.INFO
    if not _access.isEnabledFor(level):
        return
    http = {
        "requestMethod": request.method,
        "requestUrl": path,
        "status": response.status_code,
        "latency": f"{seconds:.6f}s",
        "remoteIp": request.remote_addr or "",
        "userAgent": masked(request.user_agent.string[:256]),
        "protocol": request.environ.get("SERVER_PROTOCOL", ""),
    }
    if response.content_length is not None:
        http["responseSize"] = str(response.content_length)
    rule = request.url_rule.rule if request.url_rule else ""
    _access.log(
        level,
        "%s %s %d %.0f ms",
        request.method,
        path,
        response.status_code,
        seconds * 1000,
        extra={"http_request": http, "route": rule},
    )


class JsonFormatter(logging.Formatter):
    """One JSON object per line, with the fields that Cloud Logging and Error Reporting know."""

    def __init__(self, project: str = "") -> None:
        super().__init__()
        self._project = project

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry: dict[str, Any] = {
            "severity": _SEVERITY.get(record.levelname, "DEFAULT"),
            "message": masked(record.getMessage()),
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "logger": record.name,
        }
        for name in ("http_request", "route", "problem"):
            value = getattr(record, name, None)
            if value:
                entry["httpRequest" if name == "http_request" else name] = value
        if record.exc_info:
            entry["stack_trace"] = masked(self.formatException(record.exc_info))
        entry.update(self._visit())
        return json.dumps(entry, ensure_ascii=False, separators=(",", ":"), default=str)

    def _visit(self) -> dict[str, Any]:
        if not has_request_context():
            return {}
        current = visit()
        entry: dict[str, Any] = {"request_id": current.request_id}
        if current.user_id:
            entry["user_id"] = current.user_id
        if current.trace_id:
            prefix = f"projects/{self._project}/traces/" if self._project else ""
            entry["logging.googleapis.com/trace"] = prefix + current.trace_id
            entry["logging.googleapis.com/trace_sampled"] = current.trace_sampled
            if current.span_id:
                entry["logging.googleapis.com/spanId"] = current.span_id
        return entry


class TextFormatter(logging.Formatter):
    """One readable line, and the traceback beneath it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.fromtimestamp(record.created, UTC).astimezone()
        mark = "" if record.levelno == logging.INFO else f"{record.levelname} "
        name = "" if record.name == _access.name else f"{record.name}: "
        # A path may hold line breaks and terminal codes: they are shown, not obeyed.
        text = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", masked(record.getMessage()))
        line = f"{at:%H:%M:%S} {mark}{name}{text}"
        if record.exc_info:
            line += "\n" + masked(self.formatException(record.exc_info))
        return line


def configure_logging(settings: WebSettings, stream: IO[str] | None = None) -> None:
    """Send all logs of the process to standard output, unless somebody configured them already.

    Idempotent: with two apps in one process the first decides.
    """
    root = logging.getLogger()
    if root.handlers:
        return
    handler = logging.StreamHandler(stream or sys.stdout)
    as_json = settings.log_format == "json"
    handler.setFormatter(JsonFormatter(settings.cloud_project) if as_json else TextFormatter())
    root.addHandler(handler)
    root.setLevel(settings.log_level.upper())
    # The development server would repeat every request in its own words, query string and all.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
