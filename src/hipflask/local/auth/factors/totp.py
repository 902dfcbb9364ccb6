"""Time-based one-time passwords (RFC 6238) as authenticator apps make them: SHA-1, 30 s, six."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import struct
from base64 import b32decode, b32encode
from datetime import datetime
from io import BytesIO
from typing import Final
from urllib.parse import quote, urlencode

PERIOD: Final = 30
DIGITS: Final = 6
#: Steps before and after the present one whose code is taken too: clocks differ.
SKEW: Final = 1
_SECRET_BYTES: Final = 20


def new_secret() -> str:
    """Return 160 random bits in Base32 without padding (RFC 4226 section 4, R6)."""
    return b32encode(secrets.token_bytes(_SECRET_BYTES)).decode().rstrip("=")


def code_at(secret: str, step: int) -> str:
    """Return the code of one time step (RFC 4226 section 5.3)."""
    key = b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", step), hashlib.sha1)
    offset = digest[-1] & 0x0F
    (number,) = struct.unpack(">I", digest[offset : offset + 4])
    return str((number & 0x7FFFFFFF) % 10**DIGITS).zfill(DIGITS)


def matches(secret: str, code: str, now: datetime) -> bool:
    """Whether ``code`` is that of the present time step or of one beside it."""
    step = int(now.timestamp()) // PERIOD
    given = code.strip().encode(errors="replace")
    found = False
    for near in range(step - SKEW, step + SKEW + 1):  # all of them: the time must not tell
        found |= hmac.compare_digest(code_at(secret, near).encode(), given)
    return found


def address(secret: str, *, issuer: str, account: str) -> str:
    """Return the ``otpauth:`` address that authenticator apps read."""
    values = {
        "algorithm": "SHA1",
        "digits": DIGITS,
        "issuer": issuer,
        "period": PERIOD,
        "secret": secret,
    }
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?{urlencode(values, quote_via=quote)}"


def qr_code(text: str) -> str:
    """Return ``text`` as a QR code in SVG.

    Colours are names: clients put the picture into a ``data:`` address as it is, where a ``#``
    would end it.
    """
    import segno  # deferred: most processes never draw one

    picture = BytesIO()
    segno.make(text, error="h", micro=False).save(picture, kind="svg", scale=3, light="white")
    return picture.getvalue().decode().replace("#fff", "white").replace("#000", "black")
