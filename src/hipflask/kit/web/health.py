"""Is it alive, is it ready: ``/healthz`` and ``/readyz``, from outside ``/health`` and ``/ready``.

Google's front end keeps paths that end in z for itself, so that on Cloud Run only its own probes
reach the first two (cloud.google.com/run/docs/known-issues, "Reserved URL paths").

Alive means that the process answers; it touches nothing else, so that a database that is away does
not get the container killed. Ready means that the database and Supabase Auth answer too.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from flask import Blueprint, Response, current_app, json

from hipflask.errors import HipFlaskError
from hipflask.protocol.clock import Clock

from .visit import app_state

_logger: Final = logging.getLogger("hipflask.health")

_KEEP: Final = timedelta(seconds=2)


class Readiness:
    """Asks each part at most every two seconds, whoever asks: the page must not become a lever."""

    def __init__(self, parts: Mapping[str, Callable[[], None]], clock: Clock) -> None:
        self._parts = parts
        self._clock = clock
        self._lock = threading.Lock()
        self._asked_at: datetime | None = None
        self._answer: dict[str, str] = {}

    def check(self) -> dict[str, str]:
        """Return ``ok`` or ``away`` for each part. Why it is away goes to the log."""
        with self._lock:
            now = self._clock.now()
            if self._asked_at is None or not timedelta(0) <= now - self._asked_at < _KEEP:
                self._answer = {name: self._ask(name, ask) for name, ask in self._parts.items()}
                self._asked_at = now
            return dict(self._answer)

    def _ask(self, name: str, ask: Callable[[], None]) -> str:
        try:
            ask()
        except HipFlaskError as error:
            _logger.warning("%s is away: %s", name, error)
            return "away"
        return "ok"


def add_health_routes(blueprint: Blueprint) -> None:
    """Add both pages to the kit's blueprint."""
    blueprint.add_url_rule("/healthz", "healthz", _healthz)
    blueprint.add_url_rule("/health", "healthz", _healthz)
    blueprint.add_url_rule("/readyz", "readyz", _readyz)
    blueprint.add_url_rule("/ready", "readyz", _readyz)


def _healthz() -> Response:
    return _answer({"status": "ok"}, 200)


def _readyz() -> Response:
    parts = app_state().readiness.check()
    ready = all(state == "ok" for state in parts.values())
    response = _answer({"status": "ok" if ready else "unavailable", **parts}, 200 if ready else 503)
    if not ready:
        response.headers["Retry-After"] = "5"
    return response


def _answer(body: dict[str, str], status: int) -> Response:
    response = current_app.response_class(
        json.dumps(body), status=status, mimetype="application/json"
    )
    response.headers["Cache-Control"] = "no-store"
    return response
