"""Values that only this app can read and change: AES-256-GCM with a purpose and an expiry.

A sealed text is ``v1.`` and base64url of ``key id (4) | nonce (12) | ciphertext and tag``. The
purpose is associated data, so a value sealed for one thing opens for nothing else. The expiry is
inside the ciphertext. Keys come from the app's secrets by HKDF-SHA256 (RFC 5869); the first secret
seals, the others still open, which is how ``SECRET_KEY`` is rotated.

AES-GCM: NIST SP 800-38D. Nonces are random; one key stays far below 2^32 seals (section 8.3).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import struct
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from hipflask.errors import SealBroken
from hipflask.protocol.clock import Clock, SystemClock

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION: Final = "v1."
_KEY_ID_BYTES: Final = 4
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_EXPIRY: Final = struct.Struct(">Q")  # seconds since 1970, 0 = never
_SALT: Final = b"hipflask"


def derive_key(secret: bytes, info: str) -> bytes:
    """Derive 32 bytes for one use from a secret (HKDF-SHA256, RFC 5869, one output block)."""
    pseudo_random_key = hmac.digest(_SALT, secret, hashlib.sha256)
    return hmac.digest(pseudo_random_key, info.encode() + b"\x01", hashlib.sha256)


class Sealer:
    """Seals and opens values with the app's secrets.

    ``keys`` are the secrets, newest first. Nothing of them shows in ``repr``.
    """

    def __init__(
        self,
        keys: Sequence[str | bytes],
        *,
        clock: Clock | None = None,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        if not keys:
            raise ValueError("a Sealer needs at least one key")
        self._secrets = [key.encode() if isinstance(key, str) else key for key in keys]
        self._ids = [derive_key(secret, "key id")[:_KEY_ID_BYTES] for secret in self._secrets]
        self._ciphers: dict[bytes, AESGCM] = {}
        self._clock = clock or SystemClock()
        self._random_bytes = random_bytes

    def __repr__(self) -> str:
        return f"<Sealer with {len(self._secrets)} key(s), sealing with {self.key_id}>"

    @property
    def key_id(self) -> str:
        """The id of the key that seals now, safe to store beside a value."""
        return self._ids[0].hex()

    def seal(self, purpose: str, value: bytes, expires_at: datetime | None = None) -> str:
        """Return the sealed text. Without ``expires_at`` it never expires."""
        nonce = self._random_bytes(_NONCE_BYTES)
        expiry = 0 if expires_at is None else int(expires_at.timestamp())
        plain = _EXPIRY.pack(expiry) + value
        body = self._cipher(self._ids[0]).encrypt(nonce, plain, _associated(purpose))
        return _VERSION + _encode(self._ids[0] + nonce + body)

    def open(self, purpose: str, sealed: str) -> bytes:
        """Return what was sealed for this purpose.

        Raises SealBroken when the text was changed, was sealed for another purpose or with an
        unknown key, or has expired. The reason is for the log, not for the visitor.
        """
        key_id, nonce, body = _split(sealed)
        from cryptography.exceptions import InvalidTag  # imported late: 7 MiB, not at boot

        try:
            plain = self._cipher(key_id).decrypt(nonce, body, _associated(purpose))
        except InvalidTag:
            raise SealBroken("changed, or sealed for another purpose") from None
        (expiry,) = _EXPIRY.unpack_from(plain)
        if expiry and self._clock.now() >= datetime.fromtimestamp(expiry, UTC):
            raise SealBroken("expired", expired=True)
        return plain[_EXPIRY.size :]

    def needs_resealing(self, sealed: str) -> bool:
        """Whether an older key sealed the text, so that it should be sealed again."""
        return _split(sealed)[0] != self._ids[0]

    def mac_keys(self, purpose: str) -> list[bytes]:
        """Return HMAC keys for one purpose, newest first: sign with the first, accept all."""
        return [derive_key(secret, f"mac {purpose}") for secret in self._secrets]

    def _cipher(self, key_id: bytes) -> AESGCM:
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            if key_id not in self._ids:
                raise SealBroken("sealed with a key that is no longer known")
            secret = self._secrets[self._ids.index(key_id)]
            cipher = self._ciphers[key_id] = AESGCM(derive_key(secret, "seal"))
        return cipher


def _associated(purpose: str) -> bytes:
    return b"hipflask seal v1\x00" + purpose.encode()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _split(sealed: str) -> tuple[bytes, bytes, bytes]:
    """Take a sealed text apart into key id, nonce and ciphertext."""
    if not sealed.startswith(_VERSION) or not sealed.isascii():
        raise SealBroken("not a sealed value")
    text = sealed[len(_VERSION) :]
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise SealBroken("not a sealed value") from None
    if len(raw) < _KEY_ID_BYTES + _NONCE_BYTES + _EXPIRY.size + _TAG_BYTES:
        raise SealBroken("too short to be a sealed value")
    # Two spellings of the last base64 digit decode to the same bytes: accept one only.
    if _encode(raw) != text:
        raise SealBroken("not a sealed value")
    body_at = _KEY_ID_BYTES + _NONCE_BYTES
    return raw[:_KEY_ID_BYTES], raw[_KEY_ID_BYTES:body_at], raw[body_at:]
