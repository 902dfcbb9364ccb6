"""Tries that may be guesses, counted before they are judged; each wrong one makes the wait longer.

NIST SP 800-63B section 5.2.2 and OWASP Authentication Cheat Sheet, "Account lockout": delays that
grow and end by themselves, for a lock that only an administrator opens is a gift to whoever wants
to keep somebody out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hipflask.errors import TooManyAttempts
from hipflask.kit.data import SERVICE, Database
from hipflask.protocol.clock import Clock, SystemClock

from .state import HELD, Held
from .subjects import key_of


@dataclass(frozen=True, slots=True)
class Guard:
    """One counter: ``free`` wrong tries of ``subject``, then ``first`` seconds, then twice that.

    ``longest`` ends the growing; after ``memory`` seconds without a try all is forgotten. Who got
    in by the guard ``unless`` within 30 days is not held by this one.
    """

    kind: str
    subject: str
    free: int
    first: int
    longest: int
    memory: int
    unless: Guard | None = None

    @property
    def key(self) -> UUID:
        """The row's key: nobody reads an e-mail address off the table."""
        return key_of(self.kind, self.subject)


class Tries:
    """Counts in ``hipflask.failed_tries``; the database's clock counts as in ``Limits``."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._own_clock = None if isinstance(clock, SystemClock) else clock

    def begin(self, *guards: Guard) -> None:
        """Count a try against all of the guards, before it is judged.

        So that many at once do not slip through together. Raises TooManyAttempts, and counts
        nothing, while one of them holds. Raises DatabaseUnavailable when nobody can count: a guess
        that is not counted is not let through.
        """
        row = self._db.fetch_one_as(
            SERVICE,
            "select hipflask.begin_try(%s::uuid[], %s::text[], %s::integer[], %s::integer[],"
            " %s::integer[], %s::integer[], %s::uuid[], %s::timestamptz) as wait",
            (
                [guard.key for guard in guards],
                [guard.kind for guard in guards],
                [guard.free for guard in guards],
                [guard.first for guard in guards],
                [guard.longest for guard in guards],
                [guard.memory for guard in guards],
                _unless(guards),
                self._moment(),
            ),
        )
        wait = row["wait"] if row else 0
        if wait > 0:
            raise TooManyAttempts("Too many wrong tries.", retry_after=-int(-wait // 1))

    def take_back(self, *guards: Guard) -> None:
        """Do not count a try that nobody has judged."""
        self._settle(guards, ())

    def succeeded(self, *guards: Guard, begin_anew: Sequence[Guard]) -> None:
        """Take a right try back everywhere, and forget the wrong ones of ``begin_anew``."""
        self._settle(guards, begin_anew)

    def held(self, most: int) -> Sequence[Held]:
        """Return whose next try has to wait, the longest first."""
        return self._db.fetch_all_as(SERVICE, HELD, (self._moment(), most), row_type=Held)

    def release(self, *keys: UUID) -> int:
        """Forget the wrong tries of some rows; return how many there were."""
        return self._db.execute_as(
            SERVICE, "delete from hipflask.failed_tries where key = any (%s::uuid[])", (list(keys),)
        )

    def _settle(self, guards: Sequence[Guard], won: Sequence[Guard]) -> None:
        self._db.execute_as(
            SERVICE,
            "select hipflask.settle_try(%s::uuid[], %s::uuid[], %s::uuid[], %s::timestamptz)",
            (
                [guard.key for guard in guards],
                _unless(guards),
                [guard.key for guard in won],
                self._moment(),
            ),
        )

    def _moment(self) -> datetime | None:
        return self._own_clock.now() if self._own_clock else None


def _unless(guards: Sequence[Guard]) -> list[UUID | None]:
    return [guard.unless.key if guard.unless else None for guard in guards]
