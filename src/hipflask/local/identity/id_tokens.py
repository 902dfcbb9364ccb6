"""ID tokens (OpenID Connect Core section 2), signed with RS256 as Google signs its own."""

from __future__ import annotations

import functools
import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from hipflask.local.identity.client import CLIENT_ID
from hipflask.local.identity.failures import Failure
from hipflask.local.identity.grants import Grant

ALGORITHM = "RS256"
LIFETIME = timedelta(hours=1)


class SigningKey:
    """The provider's key pair."""

    def __init__(self) -> None:
        self._private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = json.loads(RSAAlgorithm.to_jwk(self._private.public_key()))
        members = {name: public[name] for name in ("e", "kty", "n")}
        thumbprint = json.dumps(members, separators=(",", ":"), sort_keys=True)  # RFC 7638
        self.kid = _base64url(hashlib.sha256(thumbprint.encode()).digest())
        self.public_jwk = {**members, "kid": self.kid, "alg": ALGORITHM, "use": "sig"}

    def sign(self, claims: dict[str, Any]) -> str:
        """Return the claims as a signed token."""
        return jwt.encode(claims, self._private, algorithm=ALGORITHM, headers={"kid": self.kid})


@functools.cache
def signing_key() -> SigningKey:
    """Return this process's key, made when the first token is signed: that takes 0.1 s."""
    return SigningKey()


def id_token(
    grant: Grant, issuer: str, access_token: str, now: datetime, *, refreshed: bool = False
) -> str:
    """Return the ID token of a grant, with what was chosen to be wrong with it.

    One that comes with a refresh says nothing of the nonce, which was for once (Core 12.2).
    """
    issued = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": CLIENT_ID,
        "azp": CLIENT_ID,
        "iat": issued,
        "exp": issued + int(LIFETIME.total_seconds()),
        "auth_time": int(grant.made_at.timestamp()),
        "at_hash": at_hash(access_token),
        **grant.person.claims(grant.provider, issuer, grant.request.scopes),
    }
    if grant.request.nonce and not refreshed:
        claims["nonce"] = grant.request.nonce
    if grant.failure is Failure.WRONG_NONCE and not refreshed:
        claims["nonce"] = secrets.token_urlsafe(16)
    token = signing_key().sign(claims)
    return _forged(token) if grant.failure is Failure.BAD_SIGNATURE else token


def at_hash(access_token: str) -> str:
    """Return what ties an access token to its ID token: the left half of its SHA-256."""
    return _base64url(hashlib.sha256(access_token.encode()).digest()[:16])


def _forged(token: str) -> str:
    signed, _, _ = token.rpartition(".")
    return f"{signed}.{_base64url(secrets.token_bytes(256))}"


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
