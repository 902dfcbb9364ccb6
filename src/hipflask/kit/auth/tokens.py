"""Verifies access tokens on the spot, without a call for each request.

RFC 7519 and RFC 8725 (best current practices). ES256 and RS256 by the project's public keys;
HS256, which older projects use, by the JWT secret or, where the app does not have it, by asking
Supabase Auth.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import jwt
from jwt.types import Options

from hipflask.errors import AuthError, AuthUnavailable, TokenRejected
from hipflask.protocol import roles
from hipflask.protocol.claims import Claims
from hipflask.protocol.clock import Clock

from .jwks import KeyCache

_REMEMBERED: Final = 2048
_LEEWAY: Final = 5
"""Seconds by which the clocks of Auth and of the app may differ."""

_UNREADABLE: Final = (jwt.PyJWTError, RecursionError)
"""What PyJWT raises for a token that is none; the second for JSON that is nested too deeply."""

_ASKED_AGAIN: Final = timedelta(seconds=60)
"""How long Auth's word for an HS256 token is good."""


class TokenVerifier:
    """Turns an access token into Claims, or refuses it.

    ``fetch_keys`` returns the JWKS document; ``ask_auth`` raises when Auth does not know the token.
    """

    def __init__(
        self,
        *,
        issuer: str,
        fetch_keys: Callable[[], Mapping[str, Any]],
        ask_auth: Callable[[str], object],
        clock: Clock,
        jwt_secret: str | None = None,
        audience: str = roles.AUDIENCE,
    ) -> None:
        self._issuer = _by_number(issuer)
        self._audience = audience
        self._secret = jwt_secret
        self._ask_auth = ask_auth
        self._clock = clock
        self._keys = KeyCache(fetch_keys, clock)
        self._lock = threading.Lock()
        self._remembered: OrderedDict[bytes, tuple[Claims, int, datetime | None]] = OrderedDict()

    def __repr__(self) -> str:
        return f"<TokenVerifier for {self._issuer}>"

    def verify(self, token: str) -> Claims:
        """Return the claims of a token that is genuine, ours and still valid.

        Raises TokenRejected with a reason, or AuthUnavailable when it cannot be decided because
        Auth is away.
        """
        digest = hashlib.sha256(token.encode()).digest()
        claims = self._recall(digest)
        if claims is None:
            claims, good_until = self._verify_new(token)
            self._remember(digest, claims, good_until)
        if claims.expires_at + _LEEWAY <= self._clock.now().timestamp():
            raise _rejected("expired")
        return claims

    def _verify_new(self, token: str) -> tuple[Claims, datetime | None]:
        try:
            header = jwt.get_unverified_header(token)
        except _UNREADABLE:
            raise _rejected("malformed") from None
        algorithm = header.get("alg")
        if algorithm in ("ES256", "RS256"):
            return self._by_public_key(token, algorithm, header.get("kid")), None
        if algorithm == "HS256":
            return self._by_secret(token)
        # "none" above all: an unsigned token would say whatever its bearer likes.
        raise _rejected("algorithm")

    def _by_public_key(self, token: str, algorithm: str, kid: object) -> Claims:
        key = self._keys.find(kid) if isinstance(kid, str) else None
        if key is None:
            raise _rejected("unknown_key")
        if key.algorithm != algorithm:
            raise _rejected("algorithm")
        return self._decode(token, key.key, algorithm)

    def _by_secret(self, token: str) -> tuple[Claims, datetime | None]:
        if self._secret is not None:
            return self._decode(token, self._secret, "HS256"), None
        # Everything but the signature is checked first, so that garbage costs no call.
        claims = self._decode(token, "", "HS256", verify_signature=False)
        if claims.expires_at + _LEEWAY <= self._clock.now().timestamp():
            raise _rejected("expired")
        try:
            self._ask_auth(token)
        except AuthUnavailable:
            raise
        except AuthError as error:
            raise _rejected("signature") from error
        return claims, self._clock.now() + _ASKED_AGAIN

    def _decode(
        self, token: str, key: Any, algorithm: str, *, verify_signature: bool = True
    ) -> Claims:
        try:
            payload = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                options=_SIGNATURE_ONLY if verify_signature else _NOTHING,
            )
        except jwt.InvalidSignatureError:
            raise _rejected("signature") from None
        except _UNREADABLE:
            raise _rejected("malformed") from None
        self._check(payload)
        return Claims.from_payload(payload)

    def _check(self, payload: Mapping[str, Any]) -> None:
        """Check for whom and by whom the token is. Its age is looked at on every call."""
        audience = payload.get("aud")
        if self._audience not in (audience if isinstance(audience, list) else [audience]):
            raise _rejected("audience")
        issuer = payload.get("iss")
        if not isinstance(issuer, str) or _by_number(issuer) != self._issuer:
            raise _rejected("issuer")
        not_before = payload.get("nbf", 0)
        now = self._clock.now().timestamp()
        if not isinstance(not_before, int | float) or not_before > now + _LEEWAY:
            raise _rejected("not_yet_valid")

    def _recall(self, digest: bytes) -> Claims | None:
        with self._lock:
            found = self._remembered.get(digest)
            if found is None:
                return None
            claims, generation, good_until = found
            stale = good_until is not None and good_until <= self._clock.now()
            if stale or generation != self._keys.generation:
                del self._remembered[digest]
                return None
            self._remembered.move_to_end(digest)
            return claims

    def _remember(self, digest: bytes, claims: Claims, good_until: datetime | None) -> None:
        with self._lock:
            self._remembered[digest] = (claims, self._keys.generation, good_until)
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)


def _by_number(issuer: str) -> str:
    """Write a loopback issuer with its number: the CLI signs one way, people type the other."""
    return issuer.replace("//localhost:", "//127.0.0.1:", 1)


# PyJWT would look at the machine's own clock; ours is an argument. The rest is in ``_check``.
_SIGNATURE_ONLY: Final[Options] = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}
_NOTHING: Final[Options] = {"verify_signature": False}

_SENTENCES: Final = {
    "malformed": "is malformed",
    "algorithm": "is signed with an algorithm that does not belong to its key",
    "unknown_key": "is signed with a key that the project does not have",
    "signature": "has a wrong signature",
    "audience": "is meant for somebody else",
    "issuer": "comes from another project",
    "not_yet_valid": "is not valid yet",
    "expired": "has expired",
}


def _rejected(reason: str) -> TokenRejected:
    return TokenRejected(f"The access token {_SENTENCES[reason]}.", reason=reason)
