"""An authenticator app by the side of the official clients."""

from __future__ import annotations

import time
from typing import Any, Final

from hipflask.local.auth.factors import totp

#: Settings of a test: sign-up signs in, and factors by authenticator app are on.
SETTINGS: Final[dict[str, Any]] = {
    "email": {"enable_confirmations": False},
    "mfa": {"totp": {"enroll_enabled": True, "verify_enabled": True}},
}


def code(secret: str) -> str:
    """Return what the app shows now."""
    return totp.code_at(secret, int(time.time()) // totp.PERIOD)
