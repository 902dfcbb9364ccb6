"""Sessions that this process has just seen, so that most requests need no query.

For a few seconds another process may go on with a session that was revoked here. That is the price;
within the process a revocation counts at once.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from hipflask.protocol.clock import Clock

from .record import Session

KEEP: Final = timedelta(seconds=5)
_MOST: Final = 4096


class SessionCache:
    """A bounded map from the hash of an id to its session."""

    def __init__(self, clock: Clock, *, keep: timedelta = KEEP, most: int = _MOST) -> None:
        self._clock = clock
        self._keep = keep
        self._most = most
        self._lock = threading.Lock()
        self._entries: OrderedDict[bytes, tuple[Session, datetime]] = OrderedDict()
        self._cleared = 0

    def get(self, id_hash: bytes) -> Session | None:
        """Return the session if it was put here a moment ago."""
        now = self._clock.now()
        with self._lock:
            found = self._entries.get(id_hash)
            if found is None:
                return None
            session, put_at = found
            if not timedelta(0) <= now - put_at < self._keep:
                del self._entries[id_hash]
                return None
            return session

    def ticket(self) -> int:
        """Return a number to hand to ``put``: take it before the session is read."""
        with self._lock:
            return self._cleared

    def put(self, session: Session, ticket: int) -> None:
        """Remember a session, unless something was revoked since the ticket was taken.

        Without that, a thread that read the row just before it was deleted would bring it back.
        """
        with self._lock:
            if ticket != self._cleared:
                return
            self._entries[session.id_hash] = (session, self._clock.now())
            self._entries.move_to_end(session.id_hash)
            if len(self._entries) > self._most:
                self._entries.popitem(last=False)

    def forget(self, id_hash: bytes) -> None:
        """Forget one session."""
        with self._lock:
            self._cleared += 1
            self._entries.pop(id_hash, None)

    def forget_user(self, user_id: str, *, keep: bytes | None = None) -> None:
        """Forget every session of a user, but for one."""
        with self._lock:
            self._cleared += 1
            gone = [
                key
                for key, (session, _) in self._entries.items()
                if session.user.id == user_id and key != keep
            ]
            for key in gone:
                del self._entries[key]
