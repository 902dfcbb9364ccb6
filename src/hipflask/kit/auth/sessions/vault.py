"""Seals a session's tokens for the table, bound to their row."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from hipflask.errors import SealBroken, TokenRejected
from hipflask.kit.auth.user import User
from hipflask.kit.web.seal import Sealer
from hipflask.protocol.api_keys import unverified_payload
from hipflask.protocol.claims import Claims

from .record import Session

_LACKS_SECOND_FACTOR: Final = "lacks second factor"


class Vault:
    """Turns tokens into sealed text and back.

    The purpose names the row, so that a sealed text that somebody copies into another row of the
    table opens nothing there.
    """

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    @property
    def key_id(self) -> str:
        """The key that seals now."""
        return self._sealer.key_id

    def seal(self, session: Session) -> str:
        """Return the sealed pair, and beside it whether the second factor is still to come."""
        content = [session.access_token, session.refresh_token]
        if session.lacks_second_factor:
            content.append(_LACKS_SECOND_FACTOR)
        return self._sealer.seal(_purpose(session.id_hash), json.dumps(content).encode())

    def open(self, id_hash: bytes, sealed: str, expires_at: datetime) -> Session | None:
        """Return the session, or None when no key that is still known opens it."""
        try:
            access, refresh, *marks = json.loads(self._sealer.open(_purpose(id_hash), sealed))
            claims = Claims.from_payload(unverified_payload(access))
        except (SealBroken, TokenRejected, ValueError):
            return None
        lacks = _LACKS_SECOND_FACTOR in marks
        return Session(id_hash, User.from_claims(claims), access, refresh, expires_at, lacks)


def _purpose(id_hash: bytes) -> str:
    return f"session {id_hash.hex()}"
