"""Who is signed in, as the app sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hipflask.protocol.claims import Claims


@dataclass(frozen=True, slots=True)
class User:
    """A signed-in user, read from verified claims; no query is needed for it.

    ``db.as_user(user)`` runs SQL as this user. What the claims say is as old as the access token:
    at most an hour in a usual project.
    """

    id: str
    email: str | None
    claims: Claims

    @classmethod
    def from_claims(cls, claims: Claims) -> User:
        """Return the user that the claims name."""
        return cls(id=claims.sub, email=claims.email, claims=claims)

    @property
    def is_anonymous(self) -> bool:
        """Whether it is one of Supabase's anonymous users, who has no address yet."""
        return self.claims.is_anonymous

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What the user may write about themselves (``user_metadata``); never a permission."""
        return self.claims.user_metadata

    @property
    def roles(self) -> frozenset[str]:
        """What ``role`` and ``roles`` in ``app_metadata`` name, such as ``admin``."""
        one, several = self.app_metadata.get("role"), self.app_metadata.get("roles")
        names = [one, *(several if isinstance(several, list) else ())]
        return frozenset(name for name in names if isinstance(name, str) and name)

    @property
    def app_metadata(self) -> Mapping[str, Any]:
        """What only the server may write about the user."""
        return self.claims.app_metadata
