"""An Auth app with passkeys switched on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.auth.conftest import MakeAuth
from tests.local.auth.passkeys.authenticator import Authenticator
from tests.local.auth.service import AuthService

ON: dict[str, Any] = {
    "passkey": {"enabled": True},
    "webauthn": {
        "rp_display_name": "Notes",
        "rp_id": "localhost",
        "rp_origins": ("http://localhost:8080",),
    },
}


@pytest.fixture
def auth(make_auth: MakeAuth) -> AuthService:
    return make_auth(**ON)


def ask(auth: AuthService, purpose: str, bearer: str | None = None) -> Any:
    """Return the challenge of ``purpose``: registration or authentication."""
    answer = auth.post(f"/passkeys/{purpose}/options", {}, bearer=bearer)
    assert answer.status_code == 200, answer.json
    return answer.json


def register(auth: AuthService, bearer: str, device: Authenticator) -> Any:
    """Add a passkey and return what Auth says of it."""
    asked = ask(auth, "registration", bearer)
    body = {"challenge_id": asked["challenge_id"], "credential": device.create(asked["options"])}
    answer = auth.post("/passkeys/registration/verify", body, bearer=bearer)
    assert answer.status_code == 200, answer.json
    return answer.json
