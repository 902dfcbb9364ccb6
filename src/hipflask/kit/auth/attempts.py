"""Wrong codes of a user, counted: whoever knows the password must not guess the second factor.

Supabase Auth counts by address, which somebody with many addresses gets around; this counts by
user (NIST SP 800-63B section 5.2.2).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, Literal

from hipflask.errors import TooManyAttempts
from hipflask.kit.data import SERVICE, Database, Transaction
from hipflask.protocol.clock import Clock

Kind = Literal["totp", "recovery", "mail"]

MOST_FAILURES: Final = 5
WINDOW: Final = timedelta(minutes=15)
"""After ``MOST_FAILURES`` wrong codes the user's codes rest until this time has gone by."""


class Attempts:
    """Counts wrong codes in ``hipflask.code_attempts``."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def begin(self, user_id: str, kind: Kind) -> None:
        """Count a try before it is judged, so that many at once do not slip through together.

        Raises TooManyAttempts while the user's codes of this kind rest.
        """
        with self._db.as_service() as tx:
            self.lock(tx, user_id, kind)
            tx.execute(
                "update hipflask.code_attempts set failed = failed + 1"
                " where user_id = %s and kind = %s",
                (user_id, kind),
            )

    def take_back(self, user_id: str, kind: Kind) -> None:
        """Do not count a try that nobody has judged, because Auth is away."""
        self._db.execute_as(
            SERVICE,
            "update hipflask.code_attempts set failed = greatest(failed - 1, 0)"
            " where user_id = %s and kind = %s",
            (user_id, kind),
        )

    def lock(self, tx: Transaction, user_id: str, kind: Kind) -> None:
        """Do what ``begin`` does but count. Other guesses wait until the transaction ends."""
        now = self._clock.now()
        row: Any = tx.fetch_one(
            "insert into hipflask.code_attempts as a (user_id, kind, began_at, failed)"
            " values (%(user)s, %(kind)s, %(now)s, 0) on conflict (user_id, kind) do update set"
            " failed = case when a.began_at <= %(past)s then 0 else a.failed end,"
            " began_at = case when a.began_at <= %(past)s then %(now)s else a.began_at end"
            " returning began_at, failed",
            {"user": user_id, "kind": kind, "now": now, "past": now - WINDOW},
        )
        if row["failed"] >= MOST_FAILURES:
            wait = int((row["began_at"] + WINDOW - now).total_seconds()) + 1
            raise TooManyAttempts("Too many wrong codes.", retry_after=wait)

    def failed(self, user_id: str, kind: Kind) -> None:
        """Note a wrong code."""
        self._db.execute_as(
            SERVICE,
            "update hipflask.code_attempts set failed = failed + 1"
            " where user_id = %s and kind = %s",
            (user_id, kind),
        )

    def succeeded(self, user_id: str, kind: Kind) -> None:
        """Forget the wrong codes before a right one."""
        self._db.execute_as(
            SERVICE,
            "delete from hipflask.code_attempts where user_id = %s and kind = %s",
            (user_id, kind),
        )
