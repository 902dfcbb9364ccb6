"""POST /passkeys/authentication/…"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.local.auth.conftest import MakeAuth
from tests.local.auth.passkeys.authenticator import (
    BACKED_UP,
    BACKUP_ELIGIBLE,
    USER_PRESENT,
    Authenticator,
)
from tests.local.auth.passkeys.conftest import ON, ask, register
from tests.local.auth.service import AuthService, Reply, assert_refused, claims_of


def sign_in(auth: AuthService, device: Authenticator) -> Reply:
    asked = ask(auth, "authentication")
    body = {"challenge_id": asked["challenge_id"], "credential": device.get(asked["options"])}
    return auth.post("/passkeys/authentication/verify", body)


@pytest.fixture
def device(auth: AuthService) -> Authenticator:
    """Ada's passkey."""
    made = Authenticator()
    register(auth, auth.sign_up()["access_token"], made)
    return made


def test_options_name_nobody(auth: AuthService) -> None:
    options = ask(auth, "authentication")["options"]
    del options["challenge"]
    assert options == {"timeout": 300_000, "rpId": "localhost", "userVerification": "preferred"}


def test_a_session(auth: AuthService, device: Authenticator) -> None:
    device.counter = 7
    answer = sign_in(auth, device)
    assert answer.status_code == 200, answer.json
    assert answer.json["user"]["email"] == "ada@example.com"
    claims = claims_of(answer.json["access_token"])
    assert (claims["aal"], [one["method"] for one in claims["amr"]]) == ("aal1", ["passkey"])
    assert auth.row("select sign_count, last_used_at from auth.webauthn_credentials") == (
        7,
        auth.clock.now(),
    )
    assert auth.audit_actions()[-1] == "login"
    refreshed = auth.refresh(answer.json["refresh_token"]).json
    assert claims_of(refreshed["access_token"])["amr"][0]["method"] == "passkey"
    device.counter = 3  # a clone, or a synced key: GoTrue lets it in and keeps its number
    assert sign_in(auth, device).status_code == 200
    assert auth.row("select sign_count from auth.webauthn_credentials") == (7,)


def test_once(auth: AuthService, device: Authenticator) -> None:
    asked = ask(auth, "authentication")
    body = {"challenge_id": asked["challenge_id"], "credential": device.get(asked["options"])}
    assert auth.post("/passkeys/authentication/verify", body).status_code == 200
    again = auth.post("/passkeys/authentication/verify", body)
    assert_refused(again, 400, "webauthn_challenge_not_found")


@pytest.mark.parametrize(
    "falsify",
    [
        lambda device: setattr(device, "origin", "http://localhost:9090"),
        lambda device: setattr(device, "rp_id", "example.com"),
        lambda device: setattr(device, "flags", 0),
        lambda device: setattr(device, "flags", USER_PRESENT | BACKUP_ELIGIBLE),
        lambda device: setattr(device, "flags", USER_PRESENT | BACKED_UP),
        lambda device: setattr(device, "key", ec.generate_private_key(ec.SECP256R1())),
        lambda device: setattr(device, "credential_id", b"another"),
        lambda device: setattr(device, "user_handle", b""),
        lambda device: setattr(device, "user_handle", b"\xff"),
        lambda device: setattr(device, "user_handle", b"5b9fd1e2-0000-4000-8000-000000000000"),
    ],
)
def test_false_answers(
    auth: AuthService, device: Authenticator, falsify: Callable[[Authenticator], None]
) -> None:
    falsify(device)
    answer = sign_in(auth, device)
    assert_refused(answer, 400, "webauthn_verification_failed", "Credential verification failed")


def test_another_users_handle(auth: AuthService, device: Authenticator) -> None:
    other = Authenticator()
    register(auth, auth.sign_up("eve@example.com")["access_token"], other)
    other.user_handle = device.user_handle
    assert_refused(sign_in(auth, other), 400, "webauthn_verification_failed")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("email_confirmed_at = null", "email_not_confirmed"),
        ("phone = '4915112345678'", "phone_not_confirmed"),
        ("banned_until = '2999-01-01'", "user_banned"),
    ],
)
def test_the_unwelcome(auth: AuthService, device: Authenticator, change: str, code: str) -> None:
    auth.database.execute(f"update auth.users set {change}")  # type: ignore[call-overload]
    assert_refused(sign_in(auth, device), 403, code)


def test_rate_limit(make_auth: MakeAuth) -> None:
    auth = make_auth(**ON, context={"rate_limit_header": "X-Client"})

    def options(client: str) -> Reply:
        path = "/passkeys/authentication/options"
        return auth.post(path, {}, headers={"X-Client": client})

    assert {options("203.0.113.7").status_code for _ in range(30)} == {200}
    assert_refused(options("203.0.113.7"), 429, "over_request_rate_limit")
    assert options("203.0.113.8").status_code == 200
