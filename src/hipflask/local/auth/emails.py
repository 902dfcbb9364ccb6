"""What counts as an e-mail address."""

from __future__ import annotations

import re

from hipflask.local.auth.errors import AuthApiError

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
#: The pattern of HTML's <input type=email> (WHATWG HTML, "valid e-mail address").
_ADDRESS = re.compile(rf"[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})*")
_LONGEST = 255


def normalised_email(text: str) -> str:
    """Return ``text`` in lower case, or raise validation_failed."""
    if not text:
        raise AuthApiError("validation_failed", "An email address is required")
    if len(text.encode()) > _LONGEST:
        raise AuthApiError("validation_failed", "An email address is too long")
    if not _ADDRESS.fullmatch(text):
        raise AuthApiError("validation_failed", "Unable to validate email address: invalid format")
    return text.lower()
