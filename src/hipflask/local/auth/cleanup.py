"""Rows that nobody can use any more, removed a few at a time (GoTrue, models/cleanup.go).

GoTrue runs one of its statements after every request that changed something; here one runs at most
every few seconds, so that requests stay fast. Each takes a bounded number of rows, leaves those
that another transaction holds, and goes by Auth's clock.

Two things GoTrue does are left out: anonymous users stay, for hosted Supabase keeps them, too; and
revoked refresh tokens stay for a month, so that one that was stolen still gives its thief away.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg_pool import PoolTimeout

if TYPE_CHECKING:
    from hipflask.local.auth.context import Pool
    from hipflask.local.config import AuthConfig

_log = logging.getLogger(__name__)

INTERVAL: Final = timedelta(seconds=5)
_ROWS: Final = 1000
#: What ended is kept this long, so that its owner is told "expired" and not "unknown".
_DAY: Final = timedelta(days=1)
_KEPT: Final[Mapping[str, timedelta]] = {
    "day": _DAY,
    "three_days": timedelta(days=3),
    "month": timedelta(days=30),
}
#: Seconds that a clean-up waits for a connection: it may come again, a request may not.
_LONGEST_WAIT: Final = 0.05
#: Table -> which of its rows are of no use.
OVER: Final[Mapping[str, str]] = {
    "flow_state": "created_at < %(now)s - %(day)s",
    "oauth_client_states": "created_at < %(now)s - %(day)s",
    "oauth_authorizations": "expires_at < %(now)s - %(day)s",
    "one_time_tokens": "created_at at time zone 'utc' < %(now)s - %(one_time)s",
    "webauthn_challenges": "expires_at < %(now)s - %(day)s",
    "mfa_challenges": "created_at < %(now)s - %(day)s",
    "mfa_factors": "status = 'unverified' and created_at < %(now)s - %(day)s",
    "saml_relay_states": "created_at < %(now)s - %(day)s",
    "refresh_tokens": "revoked and updated_at < %(now)s - %(month)s",
    "sessions": """not_after < %(now)s - %(three_days)s
        or %(timebox)s > interval '0' and created_at + %(timebox)s < %(now)s - %(day)s
        or %(inactivity)s > interval '0' and %(inactivity)s < %(now)s - %(day)s - coalesce(
             refreshed_at at time zone 'utc',
             (select max(t.updated_at) from auth.refresh_tokens t
               where t.session_id = sessions.id and not t.revoked),
             created_at)""",
}


class Cleanup:
    """Removes rows of one table after the other, each time it is asked and it is time."""

    def __init__(self, pool: Pool, config: AuthConfig) -> None:
        self._pool = pool
        self._values = {
            **_KEPT,
            "one_time": timedelta(seconds=max(config.email.otp_expiry, 86_400)) + _DAY,
            "timebox": config.sessions.timebox,
            "inactivity": config.sessions.inactivity_timeout,
        }
        self._lock = threading.Lock()
        self._last: datetime | None = None
        self._next = 0

    def maybe(self, now: datetime) -> None:
        """Clean the next table if the last time is long enough ago. Never raises."""
        table = self._due(now)
        if table:
            try:
                self.clean(table, now)
            except (psycopg.Error, PoolTimeout) as error:
                _log.warning("auth.%s was not cleaned up: %s", table, type(error).__name__)

    def clean(self, table: str, now: datetime) -> int:
        """Remove what is over in ``table`` and return how many rows that were."""
        values: dict[str, Any] = {**self._values, "now": now, "rows": _ROWS}
        with self._pool.connection(timeout=_LONGEST_WAIT) as connection:
            return connection.execute(
                f"""delete from auth.{table} where id in (
                      select id from auth.{table} where {OVER[table]}
                       limit %(rows)s for update skip locked)""",  # noqa: S608
                values,
            ).rowcount

    def _due(self, now: datetime) -> str:
        """Return the table whose turn it is, or "". The first request only starts the watch."""
        with self._lock:
            if self._last is None or now < self._last:
                self._last = now
            if now < self._last + INTERVAL:
                return ""
            self._last = now
            table = tuple(OVER)[self._next]
            self._next = (self._next + 1) % len(OVER)
            return table
