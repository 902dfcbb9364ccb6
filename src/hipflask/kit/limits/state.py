"""What is counted at the moment, for those who look after the app."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class InUse:
    """One limit for one subject: ``used`` of ``quota`` now, everything back at ``free_at``.

    ``subject`` is ``user …``, ``address …``, ``everyone`` or ``key …``.
    """

    key: UUID
    name: str
    subject: str
    quota: int
    used: int
    free_at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody who has guessed wrongly: the next try is judged from ``until`` on.

    Who it is stands nowhere; ``Guesses.release`` finds them by what they type.
    """

    key: UUID
    kind: str
    failed: int
    last_at: datetime
    until: datetime


IN_USE = (
    "select key, name, subject, quota, free_at,"
    " ceil(extract(epoch from free_at - now) * 1000000 / cost)::integer as used"
    " from (select r.key, r.name, r.subject, r.quota, r.cost, r.spent_until as free_at,"
    "  coalesce(%s::timestamptz, clock_timestamp()) as now from hipflask.rate_limits r) as row"
    " where free_at > now"
    " order by extract(epoch from free_at - now) / (quota::float8 * cost) desc, free_at desc"
    " limit %s"
)

HELD = (
    "select key, kind, failed, last_at, blocked_until as until from hipflask.failed_tries"
    " where blocked_until > coalesce(%s::timestamptz, clock_timestamp())"
    " order by blocked_until desc limit %s"
)
