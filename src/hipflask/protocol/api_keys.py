"""Formats of a Supabase project's API keys.

New keys look like ``sb_publishable_<22 characters>_<8 characters>`` and ``sb_secret_…``; they are
not JWTs. Legacy keys are HS256 JWTs whose ``role`` is ``anon`` or ``service_role``.
"""

from __future__ import annotations

import base64
import binascii
import enum
import hashlib
import hmac
import json
import re
from typing import Any, Final

from . import roles

PUBLISHABLE_PREFIX: Final = "sb_publishable_"
SECRET_PREFIX: Final = "sb_secret_"

# Published by Supabase in its CLI and self-hosting guide: the whole world can sign with these.
DEMO_JWT_SECRETS: Final = frozenset(
    {
        "super-secret-jwt-token-with-at-least-32-characters-long",
        "your-super-secret-jwt-token-with-at-least-32-characters-long",
    }
)
DEMO_API_KEYS: Final = frozenset(
    {
        "sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH",
        "sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz",
    }
)
DEMO_ISSUERS: Final = frozenset({"supabase-demo"})

_RANDOM_BYTES: Final = 16
_CHECKSUM_CHARACTERS: Final = 8
_NEW_KEY = re.compile(r"sb_(?:publishable|secret)_[A-Za-z0-9_-]{16,}")


class KeyKind(enum.Enum):
    """What a key is and so what it may do."""

    PUBLISHABLE = "publishable"
    SECRET = "secret"
    ANON = "anon"
    SERVICE_ROLE = "service_role"
    UNKNOWN = "unknown"

    @property
    def is_legacy(self) -> bool:
        """Whether it is a JWT, which may also travel as a bearer token."""
        return self in (KeyKind.ANON, KeyKind.SERVICE_ROLE)

    @property
    def is_privileged(self) -> bool:
        """Whether it bypasses row-level security and must never reach a browser."""
        return self in (KeyKind.SECRET, KeyKind.SERVICE_ROLE)


def kind(key: str) -> KeyKind:
    """Tell the kind of a key from its form alone; nothing is verified."""
    if _NEW_KEY.fullmatch(key):
        return KeyKind.PUBLISHABLE if key.startswith(PUBLISHABLE_PREFIX) else KeyKind.SECRET
    role = unverified_payload(key).get("role")
    if role == roles.ANON:
        return KeyKind.ANON
    if role == roles.SERVICE_ROLE:
        return KeyKind.SERVICE_ROLE
    return KeyKind.UNKNOWN


def new_key(prefix: str, project_ref: str, random: bytes) -> str:
    """Compose a new-style key from 16 random bytes (``secrets.token_bytes(16)``).

    The tail is Supabase's checksum: a typing error shows without asking a server.
    """
    if len(random) != _RANDOM_BYTES:
        raise ValueError(f"a key takes {_RANDOM_BYTES} random bytes, not {len(random)}")
    body = prefix + _base64url(random)
    digest = hashlib.sha256(f"{project_ref}|{body}".encode()).digest()
    return f"{body}_{_base64url(digest)[:_CHECKSUM_CHARACTERS]}"


def is_demo_key(key: str) -> bool:
    """Whether the key is one that Supabase publishes, or is signed with a published secret."""
    if key in DEMO_API_KEYS or unverified_payload(key).get("iss") in DEMO_ISSUERS:
        return True
    signed, _, signature = key.rpartition(".")
    return any(signature == _hs256(signed, secret) for secret in DEMO_JWT_SECRETS)


def _hs256(signed: str, secret: str) -> str:
    """Return the signature of RFC 7515 section 3.1 for ``alg`` HS256."""
    return _base64url(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unverified_payload(token: str) -> dict[str, Any]:
    """Decode the middle part of a JWT without trusting it; empty when it is no JWT."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        payload = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}
