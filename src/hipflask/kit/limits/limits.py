"""``hip.limits``: takes one unit from each limit that a request meets, or refuses it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import has_request_context, request

from hipflask.errors import (
    DatabaseReadOnly,
    DatabaseUnavailable,
    RateLimited,
    StatementTimeout,
)
from hipflask.kit.data import SERVICE, Database
from hipflask.kit.web.visit import visit
from hipflask.protocol.clock import Clock, SystemClock

from .limit import Limit, Standing
from .refusals import Refusals
from .state import IN_USE, InUse
from .subjects import key_of, subject_of, subject_of_key

_logger: Final = logging.getLogger("hipflask.limits")

REST: Final = 3.0
"""Seconds for which a database that was away is not asked again: each question may cost five."""

_TAKE: Final = (
    "select allowed, used, next_in from hipflask.take_from_rate_limits"
    "(%s::uuid[], %s::text[], %s::text[], %s::integer[], %s::bigint[], %s::timestamptz)"
)


@dataclass(frozen=True, slots=True)
class _Count:
    """One limit for one subject."""

    limit: Limit
    name: str
    subject: str
    key: UUID


class Limits:
    """The rate limits of one app.

    The database's clock counts, so that instances whose clocks differ agree. A clock that a test
    moves is passed on instead.
    """

    def __init__(
        self, db: Database, clock: Clock, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._db = db
        self._own_clock = None if isinstance(clock, SystemClock) else clock
        self._monotonic = monotonic
        self._refusals = Refusals(self._tick)
        self._away_until = 0.0

    def take(self, *limits: Limit, key: str = "") -> Sequence[Standing]:
        """Count the current request against limits, in one round trip.

        ``key`` names who is counted where the request does not say it, or where there is none.
        Raises RateLimited when one of the limits is used up; then no other one has lost anything.
        While the database is away, raises DatabaseUnavailable if a limit says ``refuse``; else
        lets the request through. The answer gets the headers of all that was asked.
        """
        counts = _counts(limits, key)
        if not counts:
            return ()
        standings = self._refused_again(counts) or self._ask(counts)
        if has_request_context():
            visit().standings += standings
        violated = [standing for standing in standings if not standing.allowed]
        if violated:
            raise RateLimited(
                "Too many requests: " + ", ".join(each.name for each in violated),
                retry_after=max(each.reset for each in violated),
                policies=tuple(each.name for each in violated),
            )
        return standings

    def forget(self, limit: Limit, *, key: str = "") -> None:
        """Give everything back, such as after a CAPTCHA. Other instances see it within 5 s."""
        for count in _counts((limit,), key):
            self.release(count.key)

    def in_use(self, most: int = 100) -> Sequence[InUse]:
        """Return who has used what, the fullest first."""
        return self._db.fetch_all_as(SERVICE, IN_USE, (self._moment(), most), row_type=InUse)

    def release(self, key: UUID) -> None:
        """Give back what a row of ``in_use`` shows. Other instances see it within 5 s."""
        self._db.execute_as(SERVICE, "delete from hipflask.rate_limits where key = %s", (key,))
        self._refusals.forget(key)

    def sweep(self) -> int:
        """Delete all rows that say nothing any more; return how many.

        Each request sweeps a little, so this is for an app that has gone quiet.
        """
        return self._db.execute_as(
            SERVICE,
            "delete from hipflask.rate_limits where spent_until <="
            " coalesce(%s::timestamptz, clock_timestamp())",
            (self._moment(),),
        )

    def _refused_again(self, counts: Sequence[_Count]) -> list[Standing]:
        """Return the refusals that still stand; empty when the database must be asked."""
        refused: list[Standing] = []
        for count in counts:
            left = self._refusals.left(count.key)
            if left > 0:
                refused.append(Standing(count.name, count.limit, 0, _whole(left), allowed=False))
        return refused

    def _ask(self, counts: Sequence[_Count]) -> list[Standing]:
        must = any(count.limit.when_away == "refuse" for count in counts)
        asked_at = self._tick()
        if self._monotonic() < self._away_until:
            if must:
                raise DatabaseUnavailable("The rate limits cannot be counted.", reason="lost")
            return []
        try:
            rows = self._db.fetch_all_as(SERVICE, _TAKE, self._parameters(counts))
        except (DatabaseUnavailable, DatabaseReadOnly, StatementTimeout) as error:
            self._away_until = self._monotonic() + REST
            _logger.warning(
                "limits cannot be counted, requests are %s: %s",
                "refused" if must else "let through",
                error,
            )
            if must:
                raise
            return []
        return [
            self._standing(count, row, asked_at) for count, row in zip(counts, rows, strict=True)
        ]

    def _parameters(self, counts: Sequence[_Count]) -> tuple[Any, ...]:
        return (
            [count.key for count in counts],
            [count.name for count in counts],
            [count.subject for count in counts],
            [count.limit.quota for count in counts],
            [count.limit.cost for count in counts],
            self._moment(),
        )

    def _standing(self, count: _Count, row: Any, asked_at: float) -> Standing:
        quota, used, wait = count.limit.quota, row["used"], row["next_in"] / 1_000_000
        # A request that another limit refused has taken nothing here and is no violation.
        allowed = row["allowed"] or used < quota
        if not allowed:
            self._refusals.note(count.key, asked_at, wait)
        return Standing(count.name, count.limit, quota - used, _whole(wait), allowed=allowed)

    def _moment(self) -> datetime | None:
        return self._own_clock.now() if self._own_clock else None

    def _tick(self) -> float:
        return self._own_clock.now().timestamp() if self._own_clock else self._monotonic()


def _counts(limits: Sequence[Limit], key: str) -> list[_Count]:
    route = (request.endpoint or "unknown") if has_request_context() else "unnamed"
    found: dict[UUID, _Count] = {}
    for limit in limits:
        subject = subject_of_key(key) if key else subject_of(limit)
        if subject:
            name = limit.named(route)
            hashed = key_of(name, limit.quota, limit.per, subject)
            found[hashed] = _Count(limit, name, subject, hashed)  # the same twice is one
    return list(found.values())


def _whole(seconds: float) -> int:
    """Round up: who comes back then must find the unit there."""
    return -int(-seconds // 1)
