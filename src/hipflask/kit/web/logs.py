"""The log: who writes it, and the one line of each request."""

from __future__ import annotations

import logging
import sys
import time
from typing import IO, Any, Final

from flask import Response, request

from .log_formats import ACCESS, JsonFormatter, TextFormatter, shown_agent, shown_path
from .masking import mask_handlers
from .settings import WebSettings
from .visit import Visit, visit

_access: Final = logging.getLogger(ACCESS)


def log_request(response: Response) -> None:
    """Write the request's one line; quiet for health checks that succeed.

    A body that is made while it is sent has its line when it has been sent.
    """
    status = response.status_code
    if request.endpoint in ("hipflask.healthz", "hipflask.readyz") and status < 400:
        return
    level = logging.ERROR if status >= 500 else logging.INFO
    if not _access.isEnabledFor(level):
        return
    current = visit()
    path = shown_path()
    http: dict[str, Any] = {
        "requestMethod": request.method,
        "requestUrl": path,
        "status": status,
        "latency": "",
        "remoteIp": request.remote_addr or "",
        "userAgent": shown_agent(),
        "protocol": request.environ.get("SERVER_PROTOCOL", ""),
    }
    if response.content_length is not None:
        http["responseSize"] = str(response.content_length)
    rule = request.url_rule.rule if request.url_rule else ""
    line = (level, request.method, path, status, current, http, rule)
    # Werkzeug closes no response that it passes through as it is: a file.
    if response.is_streamed and not response.direct_passthrough and request.method != "HEAD":
        response.call_on_close(lambda: _write(*line))
    else:
        _write(*line)


def _write(
    level: int,
    method: str,
    path: str,
    status: int,
    current: Visit,
    http: dict[str, Any],
    rule: str,
) -> None:
    seconds = time.perf_counter() - current.started
    http["latency"] = f"{seconds:.6f}s"
    _access.log(
        level,
        "%s %s %d %.0f ms",
        method,
        path,
        status,
        seconds * 1000,
        extra={"http_request": http, "route": rule, "visit": current},
    )


def configure_logging(settings: WebSettings, stream: IO[str] | None = None) -> None:
    """Send all logs of the process to standard output, unless somebody configured them already.

    Idempotent: with two apps in one process the first decides. Handlers that are there get a filter
    that masks secrets, and gunicorn's own, in this worker, our format.
    """
    root = logging.getLogger()
    as_json = settings.log_format == "json"
    formatter = (
        JsonFormatter(settings.cloud_project, settings.service or "app", settings.revision)
        if as_json
        else TextFormatter()
    )
    server = logging.getLogger("gunicorn.error").handlers
    for handler in server:
        handler.setFormatter(formatter)
    if root.handlers:
        mask_handlers(root.handlers)
        return
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(formatter)
    root.addHandler(handler)
    root.setLevel(settings.log_level.upper())
    # The development server would repeat every request in its own words, query string and all.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
