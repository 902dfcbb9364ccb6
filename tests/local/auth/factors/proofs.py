"""Factors of every type, as a client adds, asks for and shows them."""

from __future__ import annotations

from typing import Any

from hipflask.local.auth.factors import totp
from hipflask.local.config.auth import MFAPhoneConfig, MFATypeConfig
from tests.local.auth.passkeys.authenticator import Authenticator
from tests.local.auth.passkeys.conftest import ON as RELYING_PARTY
from tests.local.auth.service import AuthService, Reply

ON = MFATypeConfig(enroll_enabled=True, verify_enabled=True)
PHONE_ON = MFAPhoneConfig(enroll_enabled=True, verify_enabled=True)
#: Settings of an Auth app in which every type of factor is on.
ALL_ON: dict[str, Any] = {
    "mfa": {"totp": ON, "phone": PHONE_ON, "web_authn": ON},
    "webauthn": RELYING_PARTY["webauthn"],
}
NUMBER = "+8613800000000"


def enroll(auth: AuthService, bearer: str, kind: str, name: str = "mine", **more: str) -> Any:
    body = {"factor_type": kind, "friendly_name": name} | more
    answer = auth.post("/factors", body, bearer=bearer)
    assert answer.status_code == 200, answer.json
    return answer.json


def enroll_phone(auth: AuthService, bearer: str, name: str = "mine", phone: str = NUMBER) -> Any:
    return enroll(auth, bearer, "phone", name, phone=phone)


def challenge(auth: AuthService, bearer: str, factor_id: str) -> Any:
    answer = auth.post(f"/factors/{factor_id}/challenge", {}, bearer=bearer)
    assert answer.status_code == 200, answer.json
    return answer.json


def verify(auth: AuthService, bearer: str, factor_id: str, asked: Any, **proof: Any) -> Reply:
    body = {"challenge_id": asked["id"]} | proof
    return auth.post(f"/factors/{factor_id}/verify", body, bearer=bearer)


def code_of(auth: AuthService) -> str:
    """Return the code of the latest message to a phone."""
    assert auth.outbox.latest.to.endswith("@phone.invalid")
    return auth.outbox.latest.subject.removeprefix("Your code is ")


def show_phone(auth: AuthService, bearer: str, factor_id: str) -> Reply:
    asked = challenge(auth, bearer, factor_id)
    return verify(auth, bearer, factor_id, asked, code=code_of(auth))


def show_app(auth: AuthService, bearer: str, factor: Any) -> Reply:
    step = int(auth.clock.now().timestamp()) // totp.PERIOD
    asked = challenge(auth, bearer, factor["id"])
    code = totp.code_at(factor["totp"]["secret"], step)
    return verify(auth, bearer, factor["id"], asked, code=code)


def signed(device: Authenticator, asked: Any) -> dict[str, Any]:
    """Let the authenticator do what the challenge asks for, as supabase-js sends it on."""
    wanted = asked["webauthn"]
    options = wanted["credential_options"]["publicKey"]
    do = device.create if wanted["type"] == "create" else device.get
    return {
        "type": wanted["type"],
        "rpId": "localhost",
        "rpOrigins": ["http://localhost:8080"],
        "credential_response": do(options),
    }


def show_key(auth: AuthService, bearer: str, factor_id: str, device: Authenticator) -> Reply:
    asked = challenge(auth, bearer, factor_id)
    return verify(auth, bearer, factor_id, asked, webauthn=signed(device, asked))
