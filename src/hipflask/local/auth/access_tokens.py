"""Access tokens, and the answer in which a client gets one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from hipflask.local.auth.hooks import access_token
from hipflask.local.auth.sessions import Method, amr_claim, assurance_level
from hipflask.local.auth.user_shape import user_json
from hipflask.local.auth.users import User

if TYPE_CHECKING:
    from uuid import UUID

    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx


@dataclass(frozen=True, slots=True)
class TokenResponse:
    """Both tokens of a session, as ``POST /token`` and ``POST /verify`` answer them."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    expires_at: int
    user: User = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """Return the body of the answer."""
        return {
            "access_token": self.access_token,
            "token_type": "bearer",
            "expires_in": self.expires_in,
            "expires_at": self.expires_at,
            "refresh_token": self.refresh_token,
            "user": user_json(self.user),
        }

    def as_fragment(self, extra: Mapping[str, str] | None = None) -> str:
        """Return the part behind ``#`` with which an implicit link ends, keys sorted."""
        values = {
            "access_token": self.access_token,
            "token_type": "bearer",
            "expires_in": str(self.expires_in),
            "expires_at": str(self.expires_at),
            "refresh_token": self.refresh_token,
            "sb": "",
            **(extra or {}),
        }
        return urlencode(sorted(values.items()))


def make_response(
    call: Call,
    tx: Tx,
    user: User,
    session_id: UUID,
    methods: Sequence[Method],
    refresh_token: str,
    *,
    authentication_method: str,
    oauth_client_id: UUID | None = None,
    scopes: str | None = None,
) -> TokenResponse:
    """Sign an access token for the session and put it beside its refresh token.

    ``authentication_method`` is what the hook custom_access_token reads: an ``amr`` word or
    "token_refresh". The hook may refuse; ``tx`` must then undo what was done for the session.
    """
    context = call.context
    issued_at = int(call.now.timestamp())
    expires_at = issued_at + context.config.jwt_expiry
    claims = {
        "iss": context.issuer,
        "sub": str(user.id),
        "aud": user.aud,
        "exp": expires_at,
        "iat": issued_at,
        "email": user.email,
        "phone": user.phone,
        "app_metadata": user.app_metadata,
        "user_metadata": user.user_metadata,
        "role": user.role,
        "aal": assurance_level(methods),
        "amr": amr_claim(methods),
        "session_id": str(session_id),
        "is_anonymous": user.is_anonymous,
    }
    if oauth_client_id is not None:  # a session of an application (RFC 9068 section 2.2)
        claims["client_id"] = str(oauth_client_id)
    if scopes:
        claims["scope"] = scopes
    return TokenResponse(
        access_token=context.key_ring.sign(
            access_token.customised(call, tx, claims, authentication_method)
        ),
        refresh_token=refresh_token,
        expires_in=context.config.jwt_expiry,
        expires_at=expires_at,
        user=user,
    )
