"""Filters and lines of Cloud Logging for one service. Pure.

The query language: cloud.google.com/logging/docs/view/logging-query-language. The fields of a
request are those that the kit writes: ``jsonPayload.request_id``, ``httpRequest``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipflask.cloudrun.spec import ServiceSpec
from hipflask.errors import DeployError

SEVERITIES: Final = ("default", "debug", "info", "notice", "warning", "error", "critical")
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9_.-]{8,64}")
# C0 but for the tabulator, C1, and what turns the direction of a line round.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_REVISION: Final = re.compile(r"[a-z][a-z0-9-]{0,62}")


def log_filter(
    spec: ServiceSpec,
    *,
    request_id: str = "",
    revision: str = "",
    severity: str = "",
    search: str = "",
    since: str = "",
) -> str:
    """Return the filter. Raises DeployError for a request id or revision that cannot be one."""
    parts = [
        'resource.type="cloud_run_revision"',
        f"resource.labels.service_name={_quoted(spec.name)}",
        f"resource.labels.location={_quoted(spec.region)}",
    ]
    if request_id:
        _require(_REQUEST_ID, request_id, "a request id", "It stands small beneath an error page.")
        # The kit's own lines have it in their payload, those of Google in the trace.
        either = f"jsonPayload.request_id={_quoted(request_id)} OR trace:{_quoted(request_id)}"
        parts.append(f"({either})")
    if revision:
        _require(_REVISION, revision, "a revision", "hipflask cloud describe shows them.")
        parts.append(f"resource.labels.revision_name={_quoted(revision)}")
    if severity and severity != "default":
        parts.append(f"severity>={severity.upper()}")
    if search:
        parts.append(f"SEARCH({_quoted(search)})")
    if since:
        parts.append(f"timestamp>{_quoted(since)}")
    return " AND ".join(parts)


def entry_line(entry: Mapping[str, Any]) -> str:
    """Return an entry as a line: time, severity, what happened, the request's id.

    What the application wrote may come from a visitor: it gets further lines indented, so that none
    looks like an entry of its own, and nothing that a terminal would act upon.
    """
    time = str(entry.get("timestamp") or "").replace("T", " ")[:19]
    severity = str(entry.get("severity") or "DEFAULT")
    payload = entry.get("jsonPayload") or {}
    text = str(payload.get("message") or entry.get("textPayload") or "")
    http = entry.get("httpRequest") or {}
    if not text and http:
        path = re.sub(r"^https?://[^/]+", "", str(http.get("requestUrl") or ""))
        text = f"{http.get('requestMethod', '')} {path} {http.get('status', '')}".strip()
        if http.get("latency"):
            text += f" {_milliseconds(str(http['latency']))}"
    if not text and entry.get("protoPayload"):
        text = str(entry["protoPayload"].get("methodName") or "")
    first, *more = text.rstrip().split("\n")
    tail = f"  [{payload['request_id']}]" if payload.get("request_id") else ""
    more += str(payload.get("stack_trace") or "").rstrip().split("\n")
    lines = [f"{time}  {severity:<8}  {first.rstrip()}{tail}"]
    lines += [f"    {line.rstrip()}" for line in more if line.strip()]
    return "\n".join(_CONTROL.sub(lambda found: repr(found[0])[1:-1], line) for line in lines)


def _milliseconds(latency: str) -> str:
    try:
        return f"{float(latency.removesuffix('s')) * 1000:.0f} ms"
    except ValueError:
        return latency


def _quoted(text: str) -> str:
    """Return a string of the query language: nothing in it can end it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f]", " ", escaped) + '"'


def _require(pattern: re.Pattern[str], text: str, what: str, hint: str) -> None:
    if not pattern.fullmatch(text):
        raise DeployError(f"{text!r} cannot be {what}.", hint=hint)
