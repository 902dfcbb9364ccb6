"""Who listens to how long the parts of a request take: Server-Timing, traces, or nobody."""

from __future__ import annotations

import os
import random
import time
from typing import Any

from flask import Flask, Response, before_render_template, request, template_rendered

from hipflask.kit import timing

from .request_trace import RequestTrace
from .server_timing import Stopwatch
from .visit import Visit, app_state, visit


class Listeners:
    """What listens to the request at hand."""

    def __init__(self, stopwatch: Stopwatch | None, trace: RequestTrace | None) -> None:
        self.stopwatch = stopwatch
        self.trace = trace
        self._all = [each for each in (stopwatch, trace) if each is not None]

    def begin(self, part: str, what: str) -> None:
        """Tell everybody."""
        for each in self._all:
            each.begin(part, what)

    def end(self, failed: bool) -> None:
        """Tell everybody."""
        for each in self._all:
            each.end(failed)


def listen_to_requests(app: Flask) -> None:
    """Measure this app's requests. Where nobody wants to know, nothing is registered."""
    app.before_request(_begin)
    app.after_request(_tell)
    app.teardown_request(_forget)
    # Kept by the app: signals hold their receivers weakly.
    begin, end = _rendering_begins, _rendering_ends
    app.extensions["hipflask.listening"] = (begin, end)
    before_render_template.connect(begin, app)
    template_rendered.connect(end, app)


def _begin() -> None:
    state, current = app_state(), visit()
    stopwatch = Stopwatch() if state.in_development else None
    current.listeners = Listeners(stopwatch, _trace_of(current))
    timing.listen(current.listeners)


def _trace_of(current: Visit) -> RequestTrace | None:
    """Return the request's trace, if it is to be kept: as its caller decided, or by lot."""
    settings = app_state().web.traces
    if settings is None:
        return None
    parent = current.span_id
    if not current.trace_id:
        current.trace_id = os.urandom(16).hex()
        current.trace_sampled = random.random() < settings.ratio  # noqa: S311  no secret
    if not current.trace_sampled:
        return None
    trace = RequestTrace(current.trace_id, parent)
    current.span_id = trace.span_id
    return trace


def _tell(response: Response) -> Response:
    current = visit()
    listeners: Listeners | None = current.listeners
    if listeners is None:
        return response
    if listeners.stopwatch is not None:
        total = time.perf_counter() - current.started
        response.headers["Server-Timing"] = listeners.stopwatch.header(total)
    if listeners.trace is not None:
        route = request.url_rule.rule if request.url_rule else ""
        spans = listeners.trace.finish(request.method, route, response.status_code)
        current.listeners = None
        sender = app_state().span_sender
        if sender is not None:
            sender.put(spans)
    return response


def _forget(error: BaseException | None = None) -> None:
    del error
    timing.listen(None)


def _rendering_begins(_app: Flask, template: Any, **_: Any) -> None:
    timing.begin("render", template.name or "a text")


def _rendering_ends(_app: Flask, **_: Any) -> None:
    timing.end()
