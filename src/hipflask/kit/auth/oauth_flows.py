"""Sign-ins with a provider that browsers have begun, remembered on the server.

``hipflask.auth_flows`` keeps, sealed, the code verifier and which browser began it. So a way back
that somebody else began opens no session here (login CSRF, RFC 6749 section 10.12), a code that
was seen on the way is worth nothing, and each is good once and for a few minutes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from hipflask.errors import OAuthRefused, SealBroken
from hipflask.kit.data import SERVICE, Database
from hipflask.kit.web.seal import Sealer
from hipflask.kit.web.visit import visit
from hipflask.protocol.clock import Clock

LIFETIME: Final = timedelta(minutes=10)
"""How long a sign-in is remembered here. Auth gives it five minutes, unless it is set to more."""

PREFIX: Final = "oauth-"
"""How the ids of these flows begin, to tell them from those of links in mails."""


@dataclass(frozen=True, slots=True)
class OAuthFlow:
    """A sign-in that this browser has begun, and where it is to lead."""

    id_hash: bytes
    provider: str
    next: str
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Row:
    verifier: str
    used_at: datetime | None


class OAuthFlows:
    """The records of one app, as the browser of the request at hand may see them."""

    def __init__(
        self,
        db: Database,
        sealer: Sealer,
        clock: Clock,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._db = db
        self._sealer = sealer
        self._clock = clock
        self._random_bytes = random_bytes

    def begin(self, provider: str, target: str) -> tuple[str, str]:
        """Record a sign-in of this browser; return the flow's id and its code verifier."""
        flow_id = PREFIX + _text(self._random_bytes(16))
        verifier = _text(self._random_bytes(32))
        self._record(flow_id, [provider, target, verifier, _browser()])
        return flow_id, verifier

    def find(self, flow_id: str) -> OAuthFlow:
        """Return the flow, if this browser began it and it is still good; raise OAuthRefused."""
        id_hash = _hash(flow_id)
        row = self._db.fetch_one_as(
            SERVICE,
            "select verifier, used_at from hipflask.auth_flows"
            " where id_hash = %s and purpose = 'oauth' and verifier is not null",
            (id_hash,),
            row_type=_Row,
        )
        if row is None:
            raise OAuthRefused("Nobody began this sign-in here.", reason="unknown")
        try:
            sealed = self._sealer.open(_purpose(id_hash), row.verifier)
        except SealBroken as error:
            reason = "expired" if error.expired else "unknown"
            raise OAuthRefused("The sign-in took too long.", reason=reason) from error
        provider, target, verifier, browser = json.loads(sealed)
        if row.used_at is not None:
            raise OAuthRefused("This way back was taken before.", reason="used")
        if not hmac.compare_digest(browser, _browser()):
            raise OAuthRefused("Another browser began this sign-in.", reason="other_browser")
        return OAuthFlow(id_hash, provider, target, verifier)

    def use_up(self, flow: OAuthFlow) -> bool:
        """Mark a flow as used; False when somebody else was faster."""
        used = self._db.execute_as(
            SERVICE,
            "update hipflask.auth_flows set used_at = %s where id_hash = %s and used_at is null",
            (self._clock.now(), flow.id_hash),
        )
        return used == 1

    def _record(self, flow_id: str, content: list[str]) -> None:
        id_hash = _hash(flow_id)
        now = self._clock.now()
        sealed = self._sealer.seal(_purpose(id_hash), json.dumps(content).encode(), now + LIFETIME)
        self._db.execute_as(
            SERVICE,
            "with swept as (delete from hipflask.auth_flows where id_hash in"
            " (select id_hash from hipflask.auth_flows where expires_at <= %(now)s limit 100))"
            " insert into hipflask.auth_flows (id_hash, purpose, email, verifier, created_at,"
            " expires_at) values (%(id)s, 'oauth', '', %(sealed)s, %(now)s, %(end)s)",
            {"id": id_hash, "sealed": sealed, "now": now, "end": now + LIFETIME},
        )


def _browser() -> str:
    """Return what stands for this browser: a hash of the id in its cookie, which it gets now."""
    return hashlib.sha256(visit().any_id().encode()).hexdigest()


def _purpose(id_hash: bytes) -> str:
    return f"oauth flow {id_hash.hex()}"


def _hash(flow_id: str) -> bytes:
    return hashlib.sha256(flow_id.encode()).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
