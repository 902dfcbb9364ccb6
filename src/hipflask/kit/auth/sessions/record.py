"""What a session is to the rest of the kit, and what its user may see of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hipflask.kit.auth.answers import Tokens
from hipflask.kit.auth.user import User
from hipflask.protocol.claims import Claims


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who opens a session, as far as the request tells."""

    address: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is loaded: the user, and the tokens to call Supabase as this user."""

    id_hash: bytes = field(repr=False)
    user: User
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    lacks_second_factor: bool = False

    @classmethod
    def of_tokens(cls, id_hash: bytes, tokens: Tokens, expires_at: datetime) -> Session:
        """Return the session that a pair of tokens makes."""
        return cls(
            id_hash=id_hash,
            user=User.from_claims(tokens.claims),
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token,
            expires_at=expires_at,
            lacks_second_factor=tokens.lacks_second_factor,
        )

    @property
    def claims(self) -> Claims:
        """The claims of the access token."""
        return self.user.claims

    def is_usable(self, now: datetime) -> bool:
        """Whether the access token is still valid and the session not over."""
        return now < self.access_expires_at and now < self.expires_at

    def is_due(self, now: datetime, margin: timedelta) -> bool:
        """Whether the access token ends within the margin, so that it should be refreshed."""
        return now >= self.access_expires_at - margin

    @property
    def access_expires_at(self) -> datetime:
        """When the access token ends."""
        return datetime.fromtimestamp(self.claims.expires_at, UTC)


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """A session as its user sees it in a list; ``handle`` names it for ``revoke``."""

    handle: str
    user_agent: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    is_current: bool


def hash_of(session_id: str) -> bytes:
    """Return what the table knows of an id: enough to find it, too little to use it."""
    return hashlib.sha256(session_id.encode()).digest()
