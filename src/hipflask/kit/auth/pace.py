"""Answers at an even pace, so that the time an answer takes does not say who has an account.

Supabase Auth hashes a password and sends a mail for an address that it knows (or does not know) and
answers at once otherwise. Waiting until the slowest recent call would have been done hides that.
OWASP Authentication Cheat Sheet, "Authentication and error messages".
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

FLOOR: Final = 0.15
"""Seconds that every answer takes at least: longer than a bcrypt hash and a mail nearby."""

CEILING: Final = 4.0
"""Seconds beyond which no answer is delayed: a mail server that hangs must not hang everybody."""

_STEP: Final = 0.05


class EvenPace:
    """Stretches blocks of code to a common length, learned from the blocks before."""

    def __init__(
        self,
        *,
        floor: float = FLOOR,
        ceiling: float = CEILING,
        memory: int = 50,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._floor = floor
        self._ceiling = ceiling
        self._recent: deque[float] = deque(maxlen=memory)
        self._lock = threading.Lock()
        self._monotonic = monotonic
        self._sleep = sleep

    @contextmanager
    def keep(self) -> Iterator[None]:
        """Make the block last as long as its like, whether it ends well or in an error."""
        began = self._monotonic()
        try:
            yield
        finally:
            self._stretch(self._monotonic() - began)

    @contextmanager
    def keep_failure(self) -> Iterator[None]:
        """Make a block that fails last as long as its like; one that succeeds only teaches."""
        began = self._monotonic()
        try:
            yield
        except Exception:
            self._stretch(self._monotonic() - began)
            raise
        self._length(self._monotonic() - began)

    def _stretch(self, took: float) -> None:
        rest = self._length(took) - took
        if rest > 0:
            self._sleep(rest)

    def _length(self, took: float) -> float:
        """Return how long a block lasts now, in whole steps: a new maximum shows little."""
        with self._lock:
            self._recent.append(took)
            slowest = max(self._recent)
        length = max(self._floor, math.ceil(slowest * 1.1 / _STEP) * _STEP)
        return min(length, self._ceiling)
