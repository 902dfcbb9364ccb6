"""What the database has refused a moment ago: refused again without asking it.

A refusal stands until a unit comes back: nothing that others do in the meantime makes it come
sooner, for a refused request takes nothing and every other one takes more. So this memory can only
refuse earlier what the database would refuse too.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final
from uuid import UUID

MOST: Final = 10_000
LONGEST: Final = 5.0
"""Seconds after which the database is asked again: somebody may have cleared the limit there."""


class Refusals:
    """Remembers keys and until when each of them is refused."""

    def __init__(self, tick: Callable[[], float]) -> None:
        self._tick = tick
        self._until: OrderedDict[UUID, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def left(self, key: UUID) -> float:
        """Return the seconds for which the key is refused, or 0 when the database must say."""
        noted = self._until.get(key)  # most requests end here, without the lock
        if noted is None:
            return 0.0
        asked_at, free_at = noted
        now = self._tick()
        if asked_at <= now < min(free_at, asked_at + LONGEST):
            return free_at - now
        with self._lock:
            if self._until.get(key) == noted:
                del self._until[key]
        return 0.0

    def note(self, key: UUID, asked_at: float, wait: float) -> None:
        """Remember a refusal; ``asked_at`` is from before the question was sent."""
        with self._lock:
            self._until[key] = (asked_at, asked_at + wait)
            self._until.move_to_end(key)
            if len(self._until) > MOST:
                self._until.popitem(last=False)

    def forget(self, key: UUID) -> None:
        """Ask the database again."""
        with self._lock:
            self._until.pop(key, None)
