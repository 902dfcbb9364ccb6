"""ID tokens: is this one the provider's, and still good? (OpenID Connect Core 3.1.3.7)"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import jwt

from hipflask.local.auth.external.outbound import ProviderFailure, require_storable

if TYPE_CHECKING:
    from hipflask.local.auth.external.endpoints import Directory, Endpoints

#: Only algorithms with a public key: a shared secret would let the key set itself sign.
_ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
_LEEWAY: Final = timedelta(minutes=5)
_NOT_OURS_TO_CHECK: Final = {
    f"verify_{name}": False for name in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")
}


def verified(
    directory: Directory,
    endpoints: Endpoints,
    token: str,
    *,
    now: datetime,
    guarded: bool = False,
) -> dict[str, Any]:
    """Return the claims of a token of this issuer, or raise ProviderFailure. Ask for the audience.

    The clock is the caller's, so PyJWT checks the signature and this function the times.
    """
    try:
        header = jwt.get_unverified_header(token)
        key = directory.key(endpoints.jwks, str(header.get("kid") or ""), guarded=guarded)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(_ALGORITHMS),
            options=dict(_NOT_OURS_TO_CHECK),  # type: ignore[arg-type]
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise ProviderFailure(f"the ID token cannot be verified: {type(error).__name__}") from None
    if claims.get("iss") != endpoints.issuer:
        raise ProviderFailure(f"the ID token is of another issuer: {claims.get('iss')!r}")
    expires, not_before = _number(claims.get("exp"), 0), _number(claims.get("nbf"), 0)
    if expires <= now.timestamp():
        raise ProviderFailure("the ID token has expired")
    if not_before > (now + _LEEWAY).timestamp():
        raise ProviderFailure("the ID token is not valid yet")
    require_storable(claims)
    return claims


def require_audience(claims: Mapping[str, Any], *client_ids: str) -> None:
    """Raise ProviderFailure unless the token was made for one of these clients."""
    if not set(audiences(claims)).intersection(one for one in client_ids if one):
        raise ProviderFailure(f"the ID token is for another client: {audiences(claims)}")


def audiences(claims: Mapping[str, Any]) -> list[str]:
    """Return ``aud`` as a list."""
    audience = claims.get("aud")
    found: Sequence[Any] = audience if isinstance(audience, list) else [audience]
    return [one for one in found if isinstance(one, str)]


def require_access_token(token: str, claims: Mapping[str, Any], access_token: str) -> None:
    """Raise ProviderFailure when ``at_hash`` names another access token (Core 3.1.3.6)."""
    expected = claims.get("at_hash")
    if not expected:
        return
    algorithm = str(jwt.get_unverified_header(token).get("alg", ""))
    size = algorithm[2:] if algorithm[2:] in ("256", "384", "512") else "512"  # EdDSA: SHA-512
    digest = hashlib.new(f"sha{size}", access_token.encode()).digest()
    made = urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=")
    if not hmac.compare_digest(made, str(expected).encode()):
        raise ProviderFailure("the ID token was made for another access token")


def claimed_issuer(token: str) -> str:
    """Return ``iss`` unverified: which keys to ask for. Raise ProviderFailure if there is none."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, TypeError):
        raise ProviderFailure("invalid ID token") from None
    issuer = claims.get("iss")
    return issuer if isinstance(issuer, str) else ""


def _number(value: Any, otherwise: float) -> float:
    return value if isinstance(value, int | float) else otherwise
