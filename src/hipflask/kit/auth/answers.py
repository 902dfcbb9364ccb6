"""What Supabase Auth answers, typed. JSON shapes: GoTrue's models/user.go and tokens/service.go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hipflask.errors import AuthUnavailable
from hipflask.protocol.api_keys import unverified_payload
from hipflask.protocol.claims import Claims


@dataclass(frozen=True, slots=True)
class AuthUser:
    """A row of ``auth.users`` as its owner may see it."""

    id: str
    email: str | None
    email_confirmed_at: datetime | None
    recovery_sent_at: datetime | None
    new_email: str | None
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def has_second_factor(self) -> bool:
        """Whether a second factor of the user, of whatever kind, is verified."""
        factors = self.raw.get("factors")
        return isinstance(factors, list) and any(
            isinstance(each, Mapping) and each.get("status") == "verified" for each in factors
        )

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> AuthUser:
        """Read GoTrue's JSON; raise AuthUnavailable when it is something else."""
        identifier = body.get("id")
        if not isinstance(identifier, str):
            raise AuthUnavailable("Supabase Auth sent a user without an id.", reason="malformed")
        return cls(
            id=identifier,
            email=body.get("email") or None,
            email_confirmed_at=_time(body.get("email_confirmed_at")),
            recovery_sent_at=_time(body.get("recovery_sent_at")),
            new_email=body.get("new_email") or None,
            raw=body,
        )


@dataclass(frozen=True, slots=True)
class Tokens:
    """A session of Supabase Auth: the pair of tokens, and whose they are."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    claims: Claims
    user: AuthUser | None = None

    @property
    def lacks_second_factor(self) -> bool:
        """Whether the user has a second factor that this session has not shown.

        The claims alone do not say it; every answer with tokens carries the user's factors too.
        """
        return self.claims.aal != "aal2" and self.user is not None and self.user.has_second_factor

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Tokens:
        """Read the answer of ``/token`` or ``/verify``.

        The signature is not checked: the token comes straight from Auth, over TLS.
        """
        access, refresh = body.get("access_token"), body.get("refresh_token")
        if not isinstance(access, str) or not isinstance(refresh, str):
            raise AuthUnavailable("Supabase Auth sent no tokens.", reason="malformed")
        user = body.get("user")
        return cls(
            access_token=access,
            refresh_token=refresh,
            claims=Claims.from_payload(unverified_payload(access)),
            user=AuthUser.from_json(user) if isinstance(user, Mapping) else None,
        )


@dataclass(frozen=True, slots=True)
class SignUpAnswer:
    """A sign-up: with tokens when the project confirms addresses by itself."""

    user: AuthUser
    tokens: Tokens | None


def _time(value: object) -> datetime | None:
    """Read an RFC 3339 time; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else None
