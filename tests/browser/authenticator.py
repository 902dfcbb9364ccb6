"""An authenticator app: the six digits of a key at a time (RFC 6238, SHA-1, 30 seconds)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct

from hipflask.testing import SupabaseBackend


class Authenticator:
    """The app on somebody's phone, which shows each code once: the clock moves on between them."""

    def __init__(self, backend: SupabaseBackend, secret: str) -> None:
        self._clock = backend.clock
        self._key = base64.b32decode(secret.replace(" ", ""))

    def code(self) -> str:
        """Return a code that was not used yet."""
        self._clock.advance(seconds=31)
        counter = struct.pack(">Q", int(self._clock.now().timestamp()) // 30)
        digest = hmac.digest(self._key, counter, hashlib.sha1)
        (number,) = struct.unpack_from(">I", digest, digest[-1] & 0x0F)
        return f"{(number & 0x7FFFFFFF) % 1_000_000:06d}"
