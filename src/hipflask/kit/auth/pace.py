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

from hipflask.errors import AuthUnavailable

FLOOR: Final = 0.15
"""Seconds that every answer takes at least: longer than a bcrypt hash and a mail nearby."""

CEILING: Final = 4.0
"""Seconds beyond which no answer is delayed: a mail server that hangs must not hang everybody."""

MEMORY: Final = 900.0
"""Seconds for which a slow call counts. Time and not a number of calls: whoever makes many quick
ones, with addresses that they know to be unknown, must not make the slow ones forgotten."""

_STEP: Final = 0.05


class EvenPace:
    """Stretches blocks of code to a common length, learned from the blocks before.

    Nothing is learned from an Auth that is away: its time-outs would slow down everybody.
    """

    def __init__(
        self,
        *,
        floor: float = FLOOR,
        ceiling: float = CEILING,
        memory: float = MEMORY,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._floor = floor
        self._ceiling = ceiling
        self._memory = memory
        # Lengths and when they were learned: each is shorter than the one before it and younger.
        self._slowest: deque[tuple[float, float]] = deque()
        self._lock = threading.Lock()
        self._monotonic = monotonic
        self._sleep = sleep

    @contextmanager
    def keep(self) -> Iterator[None]:
        """Make the block last as long as its like, whether it ends well or in an error."""
        began = self._monotonic()
        try:
            yield
        except AuthUnavailable:
            self._stretch(began)
            raise
        except BaseException:
            self._learn(began)
            self._stretch(began)
            raise
        self._learn(began)
        self._stretch(began)

    @contextmanager
    def keep_failure(self) -> Iterator[None]:
        """Make a block that fails last as long as its like; one that succeeds only teaches."""
        began = self._monotonic()
        try:
            yield
        except AuthUnavailable:
            raise
        except Exception:
            self._learn(began)
            self._stretch(began)
            raise
        self._learn(began)

    def _stretch(self, began: float) -> None:
        now = self._monotonic()
        with self._lock:
            while self._slowest and self._slowest[0][1] < now - self._memory:
                self._slowest.popleft()
            length = self._slowest[0][0] if self._slowest else self._floor
        if began + length > now:
            self._sleep(began + length - now)

    def _learn(self, began: float) -> None:
        """Note how long the block took, in whole steps: a new maximum shows little."""
        now = self._monotonic()
        length = max(self._floor, math.ceil((now - began) * 1.1 / _STEP) * _STEP)
        length = min(length, self._ceiling)
        with self._lock:
            while self._slowest and self._slowest[-1][0] <= length:
                self._slowest.pop()
            self._slowest.append((length, now))
