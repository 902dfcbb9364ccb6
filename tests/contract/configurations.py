"""The four settings of Auth for which the official clients' answers differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from tests.contract import signing
from tests.local.test_signing_keys import rs256

CONFIRMED: Final[dict[str, Any]] = {"email": {"enable_confirmations": True}}
#: Name -> settings. "asymmetric" is signed with RS256, "confirmed" and the rest with ES256.
CONFIGURATIONS: Final[dict[str, dict[str, Any]]] = {
    "confirmed": CONFIRMED,
    "at once": {
        "email": {"enable_confirmations": False},
        "enable_anonymous_sign_ins": True,
    },
    "closed": {**CONFIRMED, "enable_signup": False, "enable_anonymous_sign_ins": True},
    "asymmetric": CONFIRMED,
}

#: What a client is asked -> what it answers in each of them: "session", "wait" or an error's code.
ANSWERS: Final[dict[str, dict[str, str]]] = {
    "sign up": {
        "confirmed": "wait",
        "at once": "session",
        "closed": "signup_disabled",
        "asymmetric": "wait",
    },
    "sign up again": {
        "confirmed": "wait",
        "at once": "user_already_exists",
        "closed": "signup_disabled",
        "asymmetric": "wait",
    },
    "sign in": dict.fromkeys(CONFIGURATIONS, "session"),
    "sign in unconfirmed": dict.fromkeys(CONFIGURATIONS, "email_not_confirmed"),
    "sign in unknown": dict.fromkeys(CONFIGURATIONS, "invalid_credentials"),
    "code": dict.fromkeys(CONFIGURATIONS, "wait"),
    "code unknown": {
        "confirmed": "wait",
        "at once": "wait",
        "closed": "signup_disabled",
        "asymmetric": "wait",
    },
    "anonymous": {
        "confirmed": "anonymous_provider_disabled",
        "at once": "session",
        "closed": "signup_disabled",
        "asymmetric": "anonymous_provider_disabled",
    },
    "algorithm": {**dict.fromkeys(CONFIGURATIONS, "ES256"), "asymmetric": "RS256"},
}


def use(node: pytest.Item, folder: Path, name: str) -> None:
    """Let the backend of a test have the configuration of this name."""
    node.add_marker(pytest.mark.supabase(auth=CONFIGURATIONS[name]))
    if name == "asymmetric":
        signing.use(node, folder, rs256())
