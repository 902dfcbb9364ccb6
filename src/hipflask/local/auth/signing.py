"""Signing and verifying access tokens (RFC 7515, 7517, 7519) with the project's keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import jwt

from hipflask.local.auth.errors import AuthApiError

if TYPE_CHECKING:
    from hipflask.local.keys import ProjectKeys

ALGORITHMS: Final = ("ES256", "RS256", "HS256")
#: The members of a JWK that may be shown (RFC 7518 section 6); everything else stays here.
_PUBLIC_MEMBERS: Final = {"EC": ("crv", "x", "y"), "RSA": ("n", "e")}


@dataclass(frozen=True, slots=True)
class _Key:
    kid: str
    alg: str
    signs_with: Any
    verifies_with: Any


@dataclass(frozen=True)
class KeyRing:
    """The project's keys, parsed: one signs, all verify."""

    signer: _Key
    verifiers: Mapping[str, _Key]
    secret: str
    public_jwks: Sequence[Mapping[str, Any]]

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
        if signer is None:
            signer = _Key("", "HS256", keys.jwt_secret, keys.jwt_secret)
        return cls(signer, verifiers, keys.jwt_secret, tuple(published))

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return ``claims`` as a signed token."""
        headers = {"kid": self.signer.kid} if self.signer.kid else None
        return jwt.encode(
            dict(claims), self.signer.signs_with, algorithm=self.signer.alg, headers=headers
        )

    def verify(self, token: str, *, now: datetime) -> dict[str, Any]:
        """Return the claims of ``token``, or raise bad_jwt.

        The algorithm is the key's, never the header's alone: a header that names another one
        for a known key is refused (RFC 8725 section 3.1).
        """
        try:
            key = self._key_for(jwt.get_unverified_header(token))
            claims: dict[str, Any] = jwt.decode(
                token,
                key.verifies_with,
                algorithms=[key.alg],
                options={
                    "verify_aud": False,
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                    "verify_iss": False,
                    "verify_sub": False,
                    "verify_jti": False,
                },
            )
            _check_times(claims, now.timestamp())
        except jwt.InvalidTokenError as error:
            raise AuthApiError(
                "bad_jwt",
                f"invalid JWT: unable to parse or verify signature, {_reason(error)}",
            ) from None
        return claims

    def _key_for(self, header: Mapping[str, Any]) -> _Key:
        kid, alg = header.get("kid"), header.get("alg")
        known = self.verifiers.get(kid) if isinstance(kid, str) else None
        if known is not None:
            return known
        if alg == "HS256":  # tokens from before signing keys, and the legacy API keys
            return _Key("", "HS256", self.secret, self.secret)
        raise jwt.InvalidTokenError(
            "token is unverifiable: error while executing keyfunc:"
            f" unrecognized JWT kid {'<nil>' if kid is None else kid} for algorithm {alg}"
        )


def _parse(kid: str, alg: str, private_jwk: Mapping[str, Any]) -> _Key:
    if alg not in ALGORITHMS:
        raise ValueError(f"signing key {kid}: algorithm {alg} is not supported")
    private = jwt.PyJWK(dict(private_jwk), algorithm=alg).key
    public = private if alg == "HS256" else private.public_key()
    return _Key(kid, alg, private, public)


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


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    for name in ("exp", "nbf", "iat"):
        if name in claims and not isinstance(claims[name], int | float):
            raise jwt.DecodeError()
    if "exp" in claims and now >= claims["exp"]:
        raise jwt.ExpiredSignatureError()
    if "nbf" in claims and now < claims["nbf"]:
        raise jwt.ImmatureSignatureError()


def _reason(error: jwt.InvalidTokenError) -> str:
    """Say why in the words that GoTrue's clients have met before."""
    match error:
        case jwt.ExpiredSignatureError():
            return "token has invalid claims: token is expired"
        case jwt.ImmatureSignatureError():
            return "token has invalid claims: token is not valid yet"
        case jwt.InvalidSignatureError():
            return "token signature is invalid"
        case jwt.InvalidAlgorithmError():
            return "token signature is invalid: signing method is invalid"
        case jwt.DecodeError():
            return "token is malformed"
        case _:
            return str(error)
