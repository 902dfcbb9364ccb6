"""Which users have a second factor: for access tokens of ``aal1``, whose claims do not say it.

The REST API refuses such a token where its user has a factor. The database is asked, by a function
that looks into ``auth.mfa_factors``; the answer is kept for half a minute.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from hipflask.kit.data import SERVICE, Database
from hipflask.protocol.claims import Claims
from hipflask.protocol.clock import Clock

KEPT: Final = timedelta(seconds=30)
_MOST: Final = 4096


class FactorLookup:
    """Says whether a token lacks the second factor that its user has."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[bool, datetime]] = OrderedDict()

    def is_lacking(self, claims: Claims) -> bool:
        """Whether the token is of ``aal1`` and its user has a verified factor."""
        if claims.aal == "aal2":
            return False
        now = self._clock.now()
        with self._lock:
            known = self._known.get(claims.sub)
        if known is not None and known[1] > now:
            return known[0]
        row = self._db.fetch_one_as(
            SERVICE, "select hipflask.has_second_factor(%s::uuid) as has", (claims.sub,)
        )
        has = bool(row and row["has"])
        with self._lock:
            self._known[claims.sub] = (has, now + KEPT)
            self._known.move_to_end(claims.sub)
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
        return has
