"""What counts as a phone number (E.164)."""

from __future__ import annotations

import re
from typing import Final

from hipflask.local.auth.errors import AuthApiError

_E164: Final = re.compile(r"[1-9][0-9]{1,14}")


def normalised_phone(text: str) -> str:
    """Return ``text`` without spaces and without the leading plus."""
    return text.removeprefix("+").replace(" ", "")


def checked_phone(text: str) -> str:
    """Return ``text`` normalised, or raise validation_failed."""
    phone = normalised_phone(text)
    if not _E164.fullmatch(phone):
        raise AuthApiError("validation_failed", "Invalid phone number format (E.164 required)")
    return phone
