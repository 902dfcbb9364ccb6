"""What stands by the side of the official clients: an authenticator app, a phone."""

from __future__ import annotations

import time
from typing import Any, Final

from hipflask.local.auth.factors import totp
from hipflask.testing import SupabaseBackend

_ON: Final = {"enroll_enabled": True, "verify_enabled": True}
#: Settings of a test: sign-up signs in, and factors of every type are on.
SETTINGS: Final[dict[str, Any]] = {
    "email": {"enable_confirmations": False},
    "mfa": {
        "totp": _ON,
        "phone": _ON | {"template": "{{ .Code }} is the code"},
        "web_authn": _ON,
    },
    "webauthn": {
        "rp_display_name": "Notes",
        "rp_id": "localhost",
        "rp_origins": ("http://localhost:8080",),
    },
}
NUMBER: Final = "+8613800000000"


def code(secret: str) -> str:
    """Return what the app shows now."""
    return totp.code_at(secret, int(time.time()) // totp.PERIOD)


def sent_code(backend: SupabaseBackend) -> str:
    """Return the code of the latest message to the phone."""
    return backend.mailbox.latest(to=f"{NUMBER}@phone.invalid").code
