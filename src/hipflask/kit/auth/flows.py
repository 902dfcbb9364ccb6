"""E-mail flows that the app has begun, remembered on the server.

The id travels in the link (``redirect_to?flow=…``). What it stands for stays here: the purpose, the
address and the PKCE verifier. So a link works in another browser than the one that asked for it,
and a one-time token can be told apart from a recovery token, which GoTrue's tokens alone do not
allow (they all say ``amr: otp``).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from hipflask.errors import SealBroken
from hipflask.kit.data import SERVICE, Database
from hipflask.kit.web.seal import Sealer
from hipflask.protocol.clock import Clock

Purpose = Literal["signup", "recovery", "magiclink", "email_change"]

LIFETIME: Final = timedelta(hours=25)
"""A little more than GoTrue lets any link live (conf/configuration.go, ``OtpExp``: 24 hours)."""

SKEW: Final = timedelta(seconds=30)
"""By how much the clocks of Auth and of the app may differ."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A flow that was just recorded: what the request to Auth must carry."""

    id: str
    challenge: str


@dataclass(frozen=True, slots=True)
class Flow:
    """A recorded flow."""

    id_hash: bytes
    purpose: Purpose
    email: str
    verifier: str | None
    created_at: datetime
    used_at: datetime | None


class Flows:
    """The records of one app. ``pkce`` says whether its links come back as a code."""

    def __init__(
        self,
        db: Database,
        sealer: Sealer,
        clock: Clock,
        random_bytes: Callable[[int], bytes],
        *,
        pkce: bool,
    ) -> None:
        self._db = db
        self._sealer = sealer
        self._clock = clock
        self._random_bytes = random_bytes
        self._pkce = pkce

    def begin(self, purpose: Purpose, email: str, target: str = "") -> Begun:
        """Record a flow before its mail is asked for, and where it is to lead afterwards."""
        flow_id = _text(self._random_bytes(16))
        verifier = _text(self._random_bytes(32)) if self._pkce else ""
        id_hash = _hash(flow_id)
        now = self._clock.now()
        self._db.execute_as(
            SERVICE,
            "with swept as (delete from hipflask.auth_flows where id_hash in"
            " (select id_hash from hipflask.auth_flows where expires_at <= %(now)s limit 100))"
            " insert into hipflask.auth_flows (id_hash, purpose, email, verifier, target,"
            " created_at, expires_at) values (%(id)s, %(purpose)s, %(email)s, %(verifier)s,"
            " %(target)s, %(now)s, %(end)s)",
            {
                "id": id_hash,
                "purpose": purpose,
                "email": email.lower(),
                "verifier": self._seal(id_hash, verifier) if verifier else None,
                "target": target,
                "now": now,
                "end": now + LIFETIME,
            },
        )
        return Begun(flow_id, challenge_of(verifier) if verifier else "")

    def find(self, flow_id: str) -> Flow | None:
        """Return the flow that a link names."""
        return self._opened(
            self._db.fetch_one_as(
                SERVICE,
                "select id_hash, purpose, email, verifier, created_at, used_at"
                " from hipflask.auth_flows where id_hash = %s and expires_at > %s",
                (_hash(flow_id), self._clock.now()),
                row_type=Flow,
            )
        )

    def latest(self, email: str) -> Flow | None:
        """Return the last flow that was begun for an address."""
        return self._opened(
            self._db.fetch_one_as(
                SERVICE,
                "select id_hash, purpose, email, verifier, created_at, used_at"
                " from hipflask.auth_flows where email = %s and expires_at > %s"
                " order by created_at desc limit 1",
                (email.lower(), self._clock.now()),
                row_type=Flow,
            )
        )

    def target(self, flow_id: str, email: str) -> str:
        """Return where a link leads: what its flow says, or the last one of its address."""
        row = self._db.fetch_one_as(
            SERVICE,
            "select target from hipflask.auth_flows"
            " where email = %(email)s and expires_at > %(now)s"
            " order by id_hash = %(id)s desc, created_at desc limit 1",
            {"email": email.lower(), "now": self._clock.now(), "id": _hash(flow_id)},
        )
        return str(row["target"]) if row else ""

    def discard(self, begun: Begun) -> None:
        """Forget a flow whose mail was refused: it asked for nothing, so it proves nothing."""
        self._db.execute_as(
            SERVICE, "delete from hipflask.auth_flows where id_hash = %s", (_hash(begun.id),)
        )

    def use_for_sign_in(
        self,
        flow: Flow,
        email: str,
        recovery_sent_at: datetime | None,
        *,
        opened_at: float | None = None,
    ) -> bool:
        """Use a flow up as the proof that a one-time token did not come from a recovery link.

        ``recovery_sent_at`` is when Auth last sent a link of the kind that recovery and sign-in
        share; ``opened_at`` when the token's session was opened, None for just now. False when the
        flow proves nothing: it is a recovery, was used before, is somebody else's, or a recovery
        link may be about, asked for here or at Auth directly.
        """
        if flow.purpose == "recovery" or flow.email != email.lower():
            return False
        if recovery_sent_at is not None and not self._explains(flow, recovery_sent_at, opened_at):
            return False
        used = self._db.execute_as(
            SERVICE,
            "update hipflask.auth_flows f set used_at = %(now)s"
            " where id_hash = %(id)s and used_at is null and not exists"
            " (select from hipflask.auth_flows r where r.email = f.email"
            " and r.purpose = 'recovery' and r.created_at >= f.created_at - %(skew)s)",
            {"now": self._clock.now(), "id": flow.id_hash, "skew": SKEW},
        )
        return used == 1

    def _explains(self, flow: Flow, sent_at: datetime, opened_at: float | None) -> bool:
        """Whether the link that Auth sent at this time cannot have been a recovery link.

        A sign-up or a change of e-mail, which anybody may ask for at any time, says nothing about
        it: only its age does. A sign-in link must be this flow's, and the session younger: one
        that a recovery link opened before would otherwise lean on it.
        """
        if flow.purpose != "magiclink":
            return sent_at <= self._clock.now() - LIFETIME
        if opened_at is not None and opened_at < flow.created_at.timestamp():
            return False
        return abs(sent_at - flow.created_at) <= SKEW

    def _opened(self, row: Flow | None) -> Flow | None:
        if row is None or row.verifier is None:
            return row
        try:
            verifier = self._sealer.open(_purpose(row.id_hash), row.verifier).decode()
        except SealBroken:
            return None
        return Flow(row.id_hash, row.purpose, row.email, verifier, row.created_at, row.used_at)

    def _seal(self, id_hash: bytes, verifier: str) -> str:
        return self._sealer.seal(_purpose(id_hash), verifier.encode())


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge (RFC 7636 section 4.2)."""
    return _text(hashlib.sha256(verifier.encode()).digest())


def _purpose(id_hash: bytes) -> str:
    return f"flow {id_hash.hex()}"


def _hash(flow_id: str) -> bytes:
    return hashlib.sha256(flow_id.encode()).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
