"""The keys that sign access tokens, as JSON Web Keys (RFC 7517, 7518): ES256, RS256 and HS256.

One signs; the others verify tokens from before or after a rotation. GoTrue's rule
(``internal/conf/jwk.go``) is that of ``key_ops``: a key without "sign" in it never signs.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from hipflask.errors import ConfigError

_ALGORITHMS: Final = {"EC": "ES256", "RSA": "RS256", "oct": "HS256"}
_MEMBERS: Final = {"EC": ("crv", "x", "y"), "RSA": ("n", "e"), "oct": ("k",)}
_PRIVATE: Final = {"EC": "d", "RSA": "d", "oct": "k"}
#: RFC 7518 section 3.2: HS256 takes a key of at least 256 bits.
SHORTEST_SECRET = 32
_ADVICE = "Make a key with `supabase gen signing-key --algorithm ES256` (or RS256)."


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that signs or verifies access tokens. ``private_jwk`` is RFC 7517's form.

    The one that is ``in_use`` signs; ``private_jwk`` of another may be the public half alone.
    """

    kid: str
    alg: str
    private_jwk: Mapping[str, Any] = field(repr=False)
    status: str = "in_use"

    @property
    def can_sign(self) -> bool:
        """Whether it has what signing takes, and nobody has said that it shall not."""
        operations = self.private_jwk.get("key_ops")
        allowed = "sign" in operations if isinstance(operations, list) else operations is None
        return allowed and _PRIVATE[str(self.private_jwk["kty"])] in self.private_jwk


def new_signing_key() -> SigningKey:
    """Make an ES256 key, as ``supabase gen signing-key`` does."""
    # Deferred: cryptography takes 30 ms to import, and a second start makes no key.
    import uuid

    from cryptography.hazmat.primitives.asymmetric import ec

    numbers = ec.generate_private_key(ec.SECP256R1()).private_numbers()
    public = numbers.public_numbers
    kid = str(uuid.uuid4())
    jwk = {
        "kty": "EC",
        "kid": kid,
        "use": "sig",
        "key_ops": ["sign", "verify"],
        "alg": "ES256",
        "ext": True,
        "crv": "P-256",
        "x": _base64url(public.x.to_bytes(32, "big")),
        "y": _base64url(public.y.to_bytes(32, "big")),
        "d": _base64url(numbers.private_value.to_bytes(32, "big")),
    }
    return SigningKey(kid=kid, alg="ES256", private_jwk=jwk)


def read_signing_keys(path: Path) -> tuple[SigningKey, ...]:
    """Read the file of ``auth.signing_keys_path``: the first that may sign does, all verify.

    Raises ``ConfigError``, also for a key that cannot be used: better at the start than at the
    first sign-in.
    """
    try:
        jwks = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ConfigError(f"{path} is not a JSON file of signing keys.", hint=_ADVICE) from None
    if not isinstance(jwks, list) or not jwks:
        raise ConfigError(f"{path} holds no list of signing keys.", hint=_ADVICE)
    keys = signing_keys_in(jwks, path)
    for number, key in enumerate(keys, 1):
        _require_usable(key, f"{path}, key {number}")
    return keys


def signing_keys_in(jwks: list[Any], path: Path) -> tuple[SigningKey, ...]:
    """Return the keys of a list, with the one that signs marked. Raises ``ConfigError``."""
    keys = [_signing_key(jwk, f"{path}, key {number}") for number, jwk in enumerate(jwks, 1)]
    kids = [key.kid for key in keys]
    if twice := next((kid for kid in kids if kids.count(kid) > 1), None):
        raise ConfigError(
            f'{path} holds two keys with the kid "{twice}".', hint="Give each a kid of its own."
        )
    signer = next((key for key in keys if key.can_sign), None)
    if signer is None:
        raise ConfigError(
            f'{path} holds no key that may sign: a private one with "sign" in its key_ops.',
            hint=_ADVICE,
        )
    return tuple(key if key is signer else replace(key, status="previously_used") for key in keys)


def _signing_key(jwk: Any, place: str) -> SigningKey:
    kind = str(jwk.get("kty")) if isinstance(jwk, dict) else ""
    alg = _ALGORITHMS.get(kind)
    if alg is None or any(not isinstance(jwk.get(name), str) for name in _MEMBERS[kind]):
        raise ConfigError(
            f"{place}: this is no P-256, RSA or shared (oct) key in JWK form.", hint=_ADVICE
        )
    said = jwk.get("alg", alg)
    if said != alg or (kind == "EC" and jwk["crv"] != "P-256"):
        raise ConfigError(
            f"{place}: tokens are signed with ES256 (P-256), RS256 or HS256 here, not"
            f" {said if said != alg else jwk['crv']}.",
            hint=_ADVICE,
        )
    kid = str(jwk.get("kid") or _thumbprint(jwk))
    return SigningKey(kid=kid, alg=alg, private_jwk={**jwk, "kid": kid, "alg": alg})


def _require_usable(key: SigningKey, place: str) -> None:
    """Parse the key as the first signature would."""
    # Deferred: only a file that somebody has written needs to be looked at so closely.
    import jwt

    if key.alg == "HS256" and len(_decoded(str(key.private_jwk["k"]))) < SHORTEST_SECRET:
        raise ConfigError(
            f"{place}: HS256 takes a secret of at least {SHORTEST_SECRET} bytes, in base64url.",
            hint="RFC 7518 section 3.2. A shorter one can be guessed from any token.",
        )
    try:
        parsed = jwt.PyJWK(dict(key.private_jwk), algorithm=key.alg)
        if key.can_sign:
            algorithm = jwt.get_algorithm_by_name(key.alg)
            signature = algorithm.sign(b"try", parsed.key)
            stated = parsed.key if key.alg == "HS256" else _stated_public_key(key)
            fits = algorithm.verify(b"try", stated, signature)
        else:
            fits = True
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
        fits = False
    if not fits:
        raise ConfigError(f"{place}: the numbers of this key do not fit together.", hint=_ADVICE)


def _stated_public_key(key: SigningKey) -> Any:
    """Return the key that verifiers will be shown."""
    import jwt

    kind = str(key.private_jwk["kty"])
    shown = {name: key.private_jwk[name] for name in ("kty", *_MEMBERS[kind])}
    return jwt.PyJWK(shown, algorithm=key.alg).key


def _thumbprint(jwk: Mapping[str, Any]) -> str:
    """RFC 7638: SHA-256 over the required members, in alphabetical order."""
    members = {name: jwk[name] for name in ("kty", *_MEMBERS[str(jwk["kty"])])}
    text = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return _base64url(hashlib.sha256(text.encode()).digest())


def _decoded(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
