"""ID tokens: who the user is, signed for one application (OpenID Connect Core section 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.oauth_server import scopes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.oauth_server.authorizations import Authorization
    from hipflask.local.auth.users import User

_LIFETIME: Final = 3600


def signed(call: Call, user: User, asked: Authorization) -> str:
    """Return the ID token, or fail as GoTrue where the key is a shared secret (HS256)."""
    ring = call.context.key_ring
    if ring.signer.alg == "HS256":
        raise AuthApiError("unexpected_failure", "Error generating ID token")
    issued_at = int(call.now.timestamp())
    claims: dict[str, Any] = {
        "iss": call.context.issuer,
        "sub": str(user.id),
        "aud": [str(asked.client_id)],
        "exp": issued_at + _LIFETIME,
        "iat": issued_at,
        "auth_time": int((user.last_sign_in_at or call.now).timestamp()),
        "client_id": str(asked.client_id),
        "email_verified": False,
        "phone_number_verified": False,
    }
    if asked.nonce:
        claims["nonce"] = asked.nonce
    granted = scopes.parsed(asked.scope)
    if "email" in granted:
        claims |= {"email": user.email} if user.email else {}
        claims["email_verified"] = user.is_confirmed
    if "phone" in granted:
        claims |= {"phone_number": user.phone} if user.phone else {}
        claims["phone_number_verified"] = user.phone_confirmed_at is not None
    if "profile" in granted:
        claims |= scopes.profile_claims(user)
    return ring.sign(claims)
