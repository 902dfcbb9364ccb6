"""An authenticator app: the six digits of a key at a time (RFC 6238, SHA-1, 30 seconds)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from datetime import datetime

import pytest
from visitor import Page, Visitor

from hipflask.testing import SupabaseBackend


def code_at(secret: str, moment: datetime) -> str:
    """Return what the app shows at a moment."""
    key = base64.b32decode(secret.replace(" ", ""))
    counter = struct.pack(">Q", int(moment.timestamp()) // 30)
    digest = hmac.digest(key, counter, hashlib.sha1)
    (number,) = struct.unpack_from(">I", digest, digest[-1] & 0x0F)
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06d}"


class Authenticator:
    """The app on somebody's phone, which shows each code once: the clock moves on between them."""

    def __init__(self, backend: SupabaseBackend, secret: str) -> None:
        self._backend = backend
        self._secret = secret

    def code(self) -> str:
        """Return a code that was not used yet."""
        self._backend.clock.advance(seconds=31)
        return code_at(self._secret, self._backend.clock.now())


def add_authenticator(
    visitor: Visitor, backend: SupabaseBackend
) -> tuple[Authenticator, list[str]]:
    """Add an authenticator by the page; return it and the recovery codes that come with it."""
    visitor.open("/account/security")
    page = visitor.press("Add an authenticator app")
    if "switched off" in page.text:
        pytest.skip("Supabase Auth here has no authenticator apps")
    phone = Authenticator(backend, key_on(page))
    page = visitor.press("Switch on", code=phone.code())
    assert "Keep your recovery codes" in page.text
    return phone, codes_on(page)


def key_on(page: Page) -> str:
    """Return the key that the page shows for typing."""
    return page.html.split('id="key"', 1)[1].split(">", 1)[1].split("<", 1)[0].strip()


def codes_on(page: Page) -> list[str]:
    """Return the recovery codes that the page shows."""
    return page.html.split('id="codes"', 1)[1].split(">", 1)[1].split("<", 1)[0].split()
