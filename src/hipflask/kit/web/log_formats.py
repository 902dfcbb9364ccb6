"""How a log line looks: JSON in Cloud Logging's format, or a readable line on a laptop.

Special fields: cloud.google.com/logging/docs/structured-logging. What is an error, and what groups
it: cloud.google.com/error-reporting/docs/formatting-error-messages (``stack_trace`` as Python
prints it, or a place in the code, together with ``@type`` and ``serviceContext``).
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any, Final

from flask import has_request_context, request

from .masking import MASK, masked, masked_query
from .visit import Visit, visit

ACCESS: Final = "hipflask.access"

_ERROR_EVENT: Final = (
    "type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent"
)
_SEVERITIES: Final = frozenset({"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"})
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")

# Cloud Logging drops an entry of more than 256 KiB, and a visitor can make some texts long.
_LONGEST_MESSAGE: Final = 16 * 1024
_LONGEST_TRACE: Final = 64 * 1024
_LONGEST_PATH: Final = 2048
_LONGEST_AGENT: Final = 256


class JsonFormatter(logging.Formatter):
    """One JSON object per line, with the fields that Cloud Logging and Error Reporting know."""

    def __init__(self, project: str = "", service: str = "app", version: str = "") -> None:
        super().__init__()
        self._project = project
        self._service = {"service": service} | ({"version": version} if version else {})

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        level = record.levelname
        entry: dict[str, Any] = {
            "severity": level if level in _SEVERITIES else "DEFAULT",
            # Masked first: half a token that is left over would not be known for one.
            "message": _cut(masked(record.getMessage()), _LONGEST_MESSAGE),
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "logger": record.name,
        }
        for name, field in (("http_request", "httpRequest"), ("route", "route")):
            value = getattr(record, name, None)
            if value:
                entry[field] = value
        problem = getattr(record, "problem", None)
        if problem:
            entry["problem"] = problem
        current = getattr(record, "visit", None) or (visit() if has_request_context() else None)
        if record.exc_info or record.exc_text:
            entry["stack_trace"] = self._trace(record)
        if record.levelno >= logging.ERROR and record.name != ACCESS:
            self._report(entry, record, current)
        if current is not None:
            self._tell_visit(entry, current)
        return json.dumps(entry, ensure_ascii=False, separators=(",", ":"), default=str)

    def _trace(self, record: logging.LogRecord) -> str:
        text = record.exc_text or (self.formatException(record.exc_info) if record.exc_info else "")
        return _without_middle(masked(text))

    def _report(
        self, entry: dict[str, Any], record: logging.LogRecord, current: Visit | None
    ) -> None:
        """Make the entry an event of Error Reporting; without a trace its place groups it."""
        entry["@type"] = _ERROR_EVENT
        entry["serviceContext"] = self._service
        context: dict[str, Any] = {}
        if "stack_trace" not in entry:
            context["reportLocation"] = {
                "filePath": record.pathname,
                "lineNumber": record.lineno,
                "functionName": record.funcName or "",
            }
        if has_request_context():
            context["httpRequest"] = {
                "method": request.method,
                "url": shown_path(),
                "userAgent": shown_agent(),
                "remoteIp": request.remote_addr or "",
            }
        if current is not None and current.user_id:
            context["user"] = current.user_id
        if context:
            entry["context"] = context

    def _tell_visit(self, entry: dict[str, Any], current: Visit) -> None:
        entry["request_id"] = current.request_id
        if current.user_id:
            entry["user_id"] = current.user_id
        if current.trace_id:
            prefix = f"projects/{self._project}/traces/" if self._project else ""
            entry["logging.googleapis.com/trace"] = prefix + current.trace_id
            entry["logging.googleapis.com/trace_sampled"] = current.trace_sampled
            if current.span_id:
                entry["logging.googleapis.com/spanId"] = current.span_id


class TextFormatter(logging.Formatter):
    """One readable line, and the traceback beneath it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.fromtimestamp(record.created, UTC).astimezone()
        mark = "" if record.levelno == logging.INFO else f"{record.levelname} "
        name = "" if record.name == ACCESS else f"{record.name}: "
        # A path may hold line breaks and terminal codes: they are shown, not obeyed.
        text = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", masked(record.getMessage()))
        line = f"{at:%H:%M:%S} {mark}{name}{text}"
        if record.exc_info:
            line += "\n" + masked(self.formatException(record.exc_info))
        return line


def shown_path() -> str:
    """Return the request's path and, with hidden values, its query, as a log may keep them."""
    path = _cut(masked(request.path), _LONGEST_PATH)
    if not request.query_string:
        return path
    return f"{path}?{_cut(masked_query(request.query_string.decode('latin-1')), _LONGEST_PATH)}"


def shown_agent() -> str:
    """Return what the visitor's program calls itself."""
    return masked(request.headers.get("User-Agent", ""))[:_LONGEST_AGENT]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


def _without_middle(text: str) -> str:
    """Keep where a traceback begins and what it ends with: the error itself."""
    if len(text) <= _LONGEST_TRACE:
        return text
    half = _LONGEST_TRACE // 2
    return f"{text[:half]}\n  [{MASK}]\n{text[-half:]}"
