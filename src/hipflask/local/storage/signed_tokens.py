"""Tokens in signed URLs: JWTs (HS256) over a path, good for one action until they expire."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from hipflask.local.storage.caller import JOSE_WORDS
from hipflask.local.storage.context import StorageContext
from hipflask.local.storage.errors import StorageError

DOWNLOAD: Final = "download"
UPLOAD: Final = "upload"
UPLOAD_SECONDS: Final = 7200
_HEADER: Final = '{"alg":"HS256"}'
_LATEST: Final = (2**53 - 1) // 1000
_LAST_MOMENT: Final = datetime.max.replace(tzinfo=UTC).timestamp() - 1  # that a calendar has


@dataclass(frozen=True, slots=True)
class SignedToken:
    """What a token that was verified allows. ``expires`` is when it ends."""

    url: str
    expires: datetime
    claims: Mapping[str, Any]


def sign(context: StorageContext, claims: Mapping[str, Any], *, seconds: int, now: datetime) -> str:
    """Return ``claims`` as a token that is good for ``seconds``."""
    issued = int(now.timestamp())
    if issued + seconds > _LATEST:
        raise StorageError("InvalidRequest", "The provided expiration time is too large")
    body = {**claims, "iat": issued, "exp": issued + seconds}
    signed = f"{_encoded(_HEADER)}.{_encoded(json.dumps(body, separators=(',', ':')))}"
    secret = context.keys.jwt_secret.encode()
    return f"{signed}.{_base64url(hmac.digest(secret, signed.encode(), 'sha256'))}"


def verify(
    context: StorageContext, token: str, *, bucket: str, name: str, scope: str, now: datetime
) -> SignedToken:
    """Return what ``token`` allows, or raise InvalidJWT or InvalidSignature.

    It must be for this object and this action: a token to read must not write.
    """
    checked = context.key_ring.check(token, now=now)
    if checked.fault is not None:
        raise StorageError("InvalidJWT", JOSE_WORDS[checked.fault])
    claims = checked.claims
    if not _is_scoped(claims, scope):
        raise StorageError("InvalidSignature", f"Token is not scoped for {scope}")
    if claims.get("url") != f"{bucket}/{name}" or not isinstance(claims.get("exp"), int | float):
        raise StorageError("InvalidSignature", "Invalid signature")
    expires = datetime.fromtimestamp(min(claims["exp"], _LAST_MOMENT), UTC)
    return SignedToken(claims["url"], expires, claims)


def _is_scoped(claims: Mapping[str, Any], scope: str) -> bool:
    """Tokens from before there were scopes are told apart by ``upsert``, as there."""
    if "scope" not in claims:
        return ("upsert" in claims) == (scope == UPLOAD)
    return bool(claims["scope"] == scope)


def _encoded(text: str) -> str:
    return _base64url(text.encode())


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
