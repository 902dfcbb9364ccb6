"""Who may write to an upload now.

A client whose connection broke comes back while the server still waits on the old one, or still
reads what that had sent. So the new request lets the old one go on as long as bytes arrive, and
ends it when none do: it finds out before it writes again.
"""

from __future__ import annotations

import threading
import time
from typing import Final
from weakref import WeakValueDictionary

from hipflask.local.storage.resumable.refusals import taken_over

#: Seconds without a byte after which a connection counts as dead when somebody else asks.
STALLED: Final = 0.25
#: Seconds that somebody else waits for one that is alive, as the reference server does.
LONGEST_WAIT: Final = 3.0


class Turn:
    """One upload's. Everything that reads or changes what lies on the shelf holds ``lock``."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._changed = threading.Condition(self.lock)
        self._holder: object = None
        self._progress = 0

    def take(self) -> object:
        """Begin to write, and return what proves that it is one's own turn."""
        self._holder = object()
        return self._holder

    def require(self, proof: object) -> None:
        """Note that bytes have come; raise if another request ended this one."""
        if self._holder is not proof:
            raise taken_over()
        self._progress += 1

    def leave(self, proof: object) -> None:
        """Stop writing."""
        if self._holder is proof:
            self.end()

    def end(self) -> None:
        """End whoever writes, at once."""
        self._holder = None
        self._changed.notify_all()

    def clear(self) -> None:
        """End whoever writes, once what has arrived is written. Lets go of ``lock`` meanwhile."""
        deadline = time.monotonic() + LONGEST_WAIT
        while self._holder is not None:
            before = self._progress
            self._changed.wait(STALLED)
            if self._progress == before or time.monotonic() > deadline:
                self.end()


class Turns:
    """The turns of the uploads that somebody asks about just now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: WeakValueDictionary[str, Turn] = WeakValueDictionary()

    def of(self, version: str) -> Turn:
        """Return the turn of an upload; the same one for everybody who holds it."""
        with self._lock:
            turn = self._turns.get(version)
            if turn is None:
                turn = self._turns[version] = Turn()
            return turn
