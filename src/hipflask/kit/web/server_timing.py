"""``Server-Timing``: where the time of a page went, in the browser's developer tools.

W3C Server Timing. In development only: how long a look-up takes says whether it found something.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

_PARTS: Final = {"database": "db", "auth": "auth", "storage": "storage", "render": "render"}


class Stopwatch:
    """Adds up the parts of one request. What lies within another part counts for itself alone."""

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self._now = now
        self._seconds: dict[str, float] = {}
        self._counts: dict[str, int] = {}
        self._open: list[str] = []
        self._since = 0.0

    def begin(self, part: str, what: str) -> None:
        """Start a part; the one around it pauses."""
        del what
        self._stop()
        self._open.append(part)
        self._counts[part] = self._counts.get(part, 0) + 1

    def end(self, failed: bool) -> None:
        """End what began last."""
        del failed
        self._stop()
        self._open.pop()

    def header(self, total: float) -> str:
        """Return the header's value; ``total`` is the whole request's time in seconds."""
        metrics = [
            f'{short};dur={self._seconds[part] * 1000:.1f};desc="{part} ({self._counts[part]})"'
            for part, short in _PARTS.items()
            if part in self._seconds
        ]
        return ", ".join([*metrics, f"total;dur={total * 1000:.1f}"])

    def _stop(self) -> None:
        now = self._now()
        if self._open:
            part = self._open[-1]
            self._seconds[part] = self._seconds.get(part, 0.0) + now - self._since
        self._since = now
