"""Who may write to an upload now.

A client whose connection broke comes back while the server still waits on the old one. So the new
request does not wait: it takes the turn, and the old one finds out before it writes again.
"""

from __future__ import annotations

import threading
from weakref import WeakValueDictionary

from hipflask.local.storage.resumable.refusals import taken_over


class Turn:
    """One upload's. Everything that reads or changes what lies on the shelf holds ``lock``."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._holder: object = None

    def take(self) -> object:
        """End whoever writes, and return what proves that it is one's own turn."""
        self._holder = object()
        return self._holder

    def require(self, proof: object) -> None:
        """Raise if another request took the turn."""
        if self._holder is not proof:
            raise taken_over()


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
