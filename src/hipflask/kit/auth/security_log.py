"""``hip.auth.security_log``: what happened to an account, written down for its owner.

An entry never stands in the way of what it tells of: a log that cannot be written is reported and
the request goes on. OWASP Logging Cheat Sheet, "Events to log"; nothing secret is kept.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from flask import has_request_context, request

from hipflask.errors import HipFlaskError
from hipflask.kit.data import SERVICE, Database
from hipflask.protocol.clock import Clock

from .user import User

_logger: Final = logging.getLogger("hipflask.security")

KEPT: Final = timedelta(days=180)
"""How long an entry is kept. Addresses are personal data: no longer than they are of use."""

MOST_FAILURES: Final = 20
"""Failed sign-ins an hour that are written down; more would push everything else out of sight."""

_MOST_USER_AGENT: Final = 400
_MOST_ADDRESS: Final = 64


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """One entry, as its owner may see it."""

    id: int
    event: str
    details: Mapping[str, Any]
    address: str
    user_agent: str
    created_at: datetime


class SecurityLog:
    """The log of every account; who reads it sees their own entries (row-level security)."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def record(self, user_id: str, event: str, **details: Any) -> None:
        """Write an entry about an account, with the address and browser of this request.

        ``event`` is a name such as ``factor_added``; ``details`` are for the owner's eyes.
        """
        self._write("select %(user)s::uuid as user_id", {"user": user_id}, event, details)

    def record_failed_sign_in(self, email: str, *, by: str = "password") -> None:
        """Write down a wrong password or code, if the address belongs to an account."""
        # One statement for every address, so that it takes the same time for each.
        self._write(
            "select u.user_id from (select hipflask.user_with_email(%(email)s) as user_id) u"
            " where u.user_id is not null and (select count(*) from public.security_events e"
            " where e.user_id = u.user_id and e.event = %(event)s"
            " and e.created_at > %(now)s - interval '1 hour') < %(most)s",
            {"email": email, "most": MOST_FAILURES},
            "sign_in_failed",
            {"by": by},
        )

    def page(self, user: User, *, limit: int, before: int | None = None) -> list[SecurityEvent]:
        """Return a user's entries, the newest first; ``before`` is the last page's last id."""
        return self._db.fetch_all_as(
            user,
            "select id, event, details, address, user_agent, created_at"
            " from public.security_events"
            " where (%(before)s::bigint is null or id < %(before)s) and created_at > %(since)s"
            " order by id desc limit %(limit)s",
            {"before": before, "limit": limit, "since": self._clock.now() - KEPT},
            row_type=SecurityEvent,
        )

    def everything(self, user: User) -> Iterator[SecurityEvent]:
        """Return all entries of a user, the newest first, read page by page."""
        before: int | None = None
        while found := self.page(user, limit=200, before=before):
            yield from found
            before = found[-1].id

    def _write(
        self, who: str, params: Mapping[str, Any], event: str, details: Mapping[str, Any]
    ) -> None:
        now = self._clock.now()
        try:
            self._db.execute_as(
                SERVICE,
                # Sweeping as it writes: no timer does it for us.
                "with swept as (delete from public.security_events where id in (select id"  # noqa: S608 - `who` is one of two texts above
                " from public.security_events where created_at <= %(gone)s limit 100))"
                " insert into public.security_events"
                " (user_id, event, details, address, user_agent, created_at)"
                " select found.user_id, %(event)s, %(details)s::jsonb, %(address)s, %(agent)s,"
                f" %(now)s::timestamptz from ({who}) found",
                {
                    **params,
                    "event": event,
                    "details": json.dumps(details).replace("\\u0000", ""),
                    "address": _address(),
                    "agent": _user_agent(),
                    "now": now,
                    "gone": now - KEPT,
                },
            )
        except HipFlaskError as error:
            _logger.error("the security log was not written (%s): %s", event, error)


def _address() -> str:
    address = (request.remote_addr or "") if has_request_context() else ""
    return address[:_MOST_ADDRESS].replace("\0", "")


def _user_agent() -> str:
    agent = request.headers.get("User-Agent", "") if has_request_context() else ""
    return agent[:_MOST_USER_AGENT].replace("\0", "")
