"""Signature V4's arithmetic: the derived key and what is signed with it.

AWS: "Signature Calculations for the Authorization Header" (Amazon S3 API Reference).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

ALGORITHM: Final = "AWS4-HMAC-SHA256"
SERVICE: Final = "s3"
TERMINATOR: Final = "aws4_request"
EMPTY_SHA256: Final = hashlib.sha256().hexdigest()

#: Access key and session token -> the secret key; None for a key that nobody has.
SecretLookup = Callable[[str, str | None], str | None]


@dataclass(frozen=True)
class Signer:
    """Signs for one day, region and secret, at the moment ``date`` (``20130524T000000Z``)."""

    date: str
    region: str
    secret: str = field(repr=False)

    @property
    def scope(self) -> str:
        """The credential scope."""
        return f"{self.date[:8]}/{self.region}/{SERVICE}/{TERMINATOR}"

    def string_to_sign(self, canonical_request: bytes) -> str:
        """Return the string to sign of a whole request."""
        return f"{ALGORITHM}\n{self.date}\n{self.scope}\n{_sha256(canonical_request)}"

    def sign(self, string: str) -> str:
        """Return the signature of ``string``, in hexadecimal."""
        key = _signing_key(self.secret, self.date[:8], self.region)
        return hmac.digest(key, string.encode(), "sha256").hex()

    def sign_chunk(self, previous: str, sha256: str) -> str:
        """Return the signature of a chunk of an aws-chunked body ("Chunked upload")."""
        return self.sign(
            f"{ALGORITHM}-PAYLOAD\n{self.date}\n{self.scope}\n{previous}\n{EMPTY_SHA256}\n{sha256}"
        )

    def sign_trailers(self, previous: str, trailers: bytes) -> str:
        """Return the signature of the canonical ``trailers`` ("Including trailing headers")."""
        return self.sign(
            f"{ALGORITHM}-TRAILER\n{self.date}\n{self.scope}\n{previous}\n{_sha256(trailers)}"
        )


def same(one: str, other: str) -> bool:
    """Compare two signatures without telling by the time taken how far they agree."""
    return hmac.compare_digest(one.encode(), other.encode())


@lru_cache(maxsize=64)  # the client names the region: the cache must not grow with its fancy
def _signing_key(secret: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, SERVICE, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
