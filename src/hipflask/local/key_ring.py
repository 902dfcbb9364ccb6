"""The project's keys: they sign and verify access tokens (RFC 7515, 7517, 7519).

Tokens are taken apart here, once, and not by PyJWT, which parses each twice and slowly; the
cryptography is PyJWT's. Each service says in its own words what is wrong with a token.
"""

from __future__ import annotations

import json
import re
import threading
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import jwt

if TYPE_CHECKING:
    from hipflask.local.keys import ProjectKeys

ALGORITHMS: Final = ("ES256", "RS256", "HS256")
#: The members of a JWK that may be shown (RFC 7518 section 6); everything else stays here.
_PUBLIC_MEMBERS: Final = {"EC": ("crv", "x", "y"), "RSA": ("n", "e")}
_MOST_PROVEN: Final = 1000
_LONGEST_PROVEN: Final = 8192
_COMPACT: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)")


class Fault(Enum):
    """What can be wrong with a token."""

    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown key"
    WRONG_ALGORITHM = "wrong algorithm"
    BAD_SIGNATURE = "bad signature"
    EXPIRED = "expired"
    TOO_EARLY = "not valid yet"


@dataclass(frozen=True, slots=True)
class Checked:
    """A token that was looked at: its claims can be trusted when ``fault`` is None."""

    fault: Fault | None
    claims: dict[str, Any] = field(default_factory=dict, repr=False)
    header: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Key:
    kid: str
    alg: str
    signs_with: Any = field(repr=False)
    verifies_with: Any = field(repr=False)

    def made(self, signature: bytes, message: bytes) -> bool:
        """Whether this key made ``signature`` over ``message``."""
        return jwt.get_algorithm_by_name(self.alg).verify(message, self.verifies_with, signature)


class _Proven:
    """Tokens whose signature was found right, up to a number of them.

    A client sends one token for an hour, and a look at its signature takes 50 to 100 us. Forged
    tokens are not kept, so nobody can push out others; nor is whether a token is still in time.
    """

    def __init__(self) -> None:
        self._known: dict[str, Checked] = {}
        self._turn = threading.Lock()

    def add(self, token: str, checked: Checked) -> None:
        if len(token) > _LONGEST_PROVEN:
            return
        with self._turn:
            if len(self._known) >= _MOST_PROVEN:
                del self._known[next(iter(self._known))]
            self._known[token] = checked

    def find(self, token: str) -> Checked | None:
        return self._known.get(token)


@dataclass(frozen=True)
class KeyRing:
    """The project's keys, parsed: one signs, all verify."""

    signer: _Key
    verifiers: Mapping[str, _Key]
    legacy: _Key
    public_jwks: Sequence[Mapping[str, Any]]
    _proven: _Proven = field(default_factory=_Proven, init=False, repr=False, compare=False)

    @classmethod
    def from_keys(cls, keys: ProjectKeys) -> KeyRing:
        """Parse ``keys``. The first one in use signs; without any, the JWT secret does (HS256)."""
        verifiers: dict[str, _Key] = {}
        signer: _Key | None = None
        published: list[Mapping[str, Any]] = []
        for entry in keys.signing_keys:
            parsed = _parse(entry.kid, entry.alg, entry.private_jwk)
            verifiers[parsed.kid] = parsed
            if signer is None and entry.status == "in_use":
                signer = parsed
            members = _PUBLIC_MEMBERS.get(str(entry.private_jwk["kty"]))
            if members is not None:  # a shared secret is never published
                published.append(_public_jwk(entry.kid, entry.alg, entry.private_jwk, members))
        secret = keys.jwt_secret.encode()
        legacy = _Key("", "HS256", secret, secret)
        return cls(signer or legacy, verifiers, legacy, tuple(published))

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return ``claims`` as a signed token."""
        headers = {"kid": self.signer.kid} if self.signer.kid else None
        return jwt.encode(
            dict(claims), self.signer.signs_with, algorithm=self.signer.alg, headers=headers
        )

    def check(self, token: str, *, now: datetime) -> Checked:
        """Take ``token`` apart and say what is wrong with it, if anything is."""
        proven = self._proven.find(token)
        if proven is None:
            proven = self._check_signature(token)
            if proven.fault is not None:
                return proven
            self._proven.add(token, proven)
        return Checked(fault_in_time(proven.claims, now), dict(proven.claims), proven.header)

    def _check_signature(self, token: str) -> Checked:
        parts = _COMPACT.fullmatch(token)
        if parts is None:
            return Checked(Fault.MALFORMED)
        header, claims = _decoded_object(parts[1]), _decoded_object(parts[2])
        if header is None or claims is None:
            return Checked(Fault.MALFORMED)
        key = self._key_for(header)
        if key is None:
            return Checked(Fault.UNKNOWN_KEY, header=header)
        # The algorithm is the key's; a header that names another one for it is an attempt to have
        # a public key taken for a shared secret (RFC 8725 section 3.1). We know no critical
        # extension (RFC 7515 section 4.1.11).
        if header.get("alg") != key.alg or "crit" in header:
            return Checked(Fault.WRONG_ALGORITHM, header=header)
        signature = _decoded(parts[3])
        if signature is None or not key.made(signature, token[: parts.end(2)].encode()):
            return Checked(Fault.BAD_SIGNATURE, header=header)
        return Checked(None, claims, header)

    def _key_for(self, header: Mapping[str, Any]) -> _Key | None:
        kid = header.get("kid")
        known = self.verifiers.get(kid) if isinstance(kid, str) else None
        if known is not None:
            return known
        # Tokens from before signing keys, and the legacy API keys.
        return self.legacy if header.get("alg") == "HS256" else None


def _parse(kid: str, alg: str, private_jwk: Mapping[str, Any]) -> _Key:
    if alg not in ALGORITHMS:
        raise ValueError(f"signing key {kid}: algorithm {alg} is not supported")
    given = jwt.PyJWK(dict(private_jwk), algorithm=alg).key
    # A key that only verifies may have come as its public half.
    is_private = alg != "HS256" and "d" in private_jwk
    return _Key(kid, alg, given, given.public_key() if is_private else given)


def _public_jwk(
    kid: str, alg: str, private_jwk: Mapping[str, Any], members: Sequence[str]
) -> Mapping[str, Any]:
    shown = {name: private_jwk[name] for name in members}
    return {
        "alg": alg,
        "key_ops": ["verify"],
        "kid": kid,
        "kty": private_jwk["kty"],
        "use": "sig",
        **shown,
    }


def _decoded(part: str) -> bytes | None:
    try:
        return urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        return None


def _decoded_object(part: str) -> dict[str, Any] | None:
    try:
        value = json.loads(_decoded(part) or b"")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def fault_in_time(claims: Mapping[str, Any], now: datetime) -> Fault | None:
    """Return why a token with these claims is not valid at this moment, or None."""
    moments = [claims.get(name) for name in ("exp", "nbf", "iat")]
    if any(isinstance(one, bool) or not isinstance(one, int | float | None) for one in moments):
        return Fault.MALFORMED
    expires_at, not_before, _ = moments
    if expires_at is not None and now.timestamp() >= expires_at:
        return Fault.EXPIRED
    early = not_before is not None and now.timestamp() < not_before
    return Fault.TOO_EARLY if early else None
