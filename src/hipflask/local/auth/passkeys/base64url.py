"""Bytes inside WebAuthn's JSON: base64url without padding (WebAuthn section 3)."""

from __future__ import annotations

import base64


def encode(raw: bytes) -> str:
    """Return ``raw`` as base64url text."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
