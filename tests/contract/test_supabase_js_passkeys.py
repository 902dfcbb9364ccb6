"""@supabase/supabase-js: passkeys step by step, with an authenticator beside the client."""

from __future__ import annotations

from typing import Any

import pytest

from hipflask.testing import SupabaseBackend
from tests.contract.js_client import JsClient, NodeProcess
from tests.local.auth.passkeys.authenticator import Authenticator
from tests.local.auth.passkeys.conftest import ON

ADA = {"email": "ada@example.com", "password": "correct horse battery"}

pytestmark = pytest.mark.supabase(auth={**ON, "email": {"enable_confirmations": False}})


@pytest.fixture
def js(node: NodeProcess, backend: SupabaseBackend) -> JsClient:
    """A client with the passkeys that it still calls an experiment."""
    return node.create(backend.url, backend.publishable_key, experimental={"passkey": True})


def answer(asked: dict[str, Any], credential: dict[str, Any]) -> dict[str, Any]:
    return {"challengeId": asked["challenge_id"], "credential": credential}


def register(js: JsClient, device: Authenticator) -> dict[str, Any]:
    """Add a passkey of the device to the account that is signed in."""
    asked = js("auth.passkey.startRegistration")
    made: dict[str, Any] = js(
        "auth.passkey.verifyRegistration", answer(asked, device.create(asked["options"]))
    )
    return made


def refused(error: dict[str, Any]) -> tuple[int, str]:
    return error["status"], error["code"]


def test_registers_and_signs_in_without_a_name(js: JsClient) -> None:
    device, user = Authenticator(), js("auth.signUp", ADA)["user"]
    made = register(js, device)
    assert [one["id"] for one in js("auth.passkey.list")] == [made["id"]]
    js("auth.signOut")
    asked = js("auth.passkey.startAuthentication")
    shown = answer(asked, device.get(asked["options"]))
    session = js("auth.passkey.verifyAuthentication", shown)["session"]
    assert session["user"]["id"] == user["id"]
    assert js("auth.getUser")["user"]["id"] == user["id"]
    (used,) = js("auth.passkey.list")
    assert used["last_used_at"]
    error = js.error("auth.passkey.verifyAuthentication", shown)
    assert refused(error) == (400, "webauthn_challenge_not_found")


def test_renames_and_deletes(js: JsClient) -> None:
    js("auth.signUp", ADA)
    device = Authenticator()
    passkey = {"passkeyId": register(js, device)["id"]}
    renamed = js("auth.passkey.update", {**passkey, "friendlyName": "Phone"})
    assert renamed["friendly_name"] == "Phone"
    error = js.error("auth.passkey.update", {**passkey, "friendlyName": ""})
    assert refused(error) == (400, "validation_failed")
    js("auth.passkey.delete", passkey)
    assert js("auth.passkey.list") == []
    assert refused(js.error("auth.passkey.delete", passkey)) == (404, "validation_failed")
    asked = js("auth.passkey.startAuthentication")
    error = js.error(
        "auth.passkey.verifyAuthentication", answer(asked, device.get(asked["options"]))
    )
    assert refused(error) == (400, "webauthn_verification_failed")


def test_a_false_device(js: JsClient) -> None:
    js("auth.signUp", ADA)
    asked = js("auth.passkey.startRegistration")
    elsewhere = Authenticator(origin="http://localhost:9090").create(asked["options"])
    error = js.error("auth.passkey.verifyRegistration", answer(asked, elsewhere))
    assert refused(error) == (400, "webauthn_verification_failed")
    device = Authenticator()
    register(js, device)
    asked = js("auth.passkey.startAuthentication")
    device.key = Authenticator().key
    error = js.error(
        "auth.passkey.verifyAuthentication", answer(asked, device.get(asked["options"]))
    )
    assert refused(error) == (400, "webauthn_verification_failed")


def test_a_challenge_grows_old(js: JsClient, backend: SupabaseBackend) -> None:
    js("auth.signUp", ADA)
    device = Authenticator()
    register(js, device)
    asked = js("auth.passkey.startAuthentication")
    backend.clock.advance(minutes=6)
    error = js.error(
        "auth.passkey.verifyAuthentication", answer(asked, device.get(asked["options"]))
    )
    assert refused(error) == (400, "webauthn_challenge_expired")


def test_a_passkey_is_registered_once(js: JsClient) -> None:
    js("auth.signUp", ADA)
    device = Authenticator()
    register(js, device)
    asked = js("auth.passkey.startRegistration")
    assert len(asked["options"]["excludeCredentials"]) == 1
    error = js.error(
        "auth.passkey.verifyRegistration", answer(asked, device.create(asked["options"]))
    )
    assert refused(error) == (422, "webauthn_credential_exists")


def test_nobody_is_signed_in(js: JsClient) -> None:
    for error in (
        js.error("auth.passkey.startRegistration"),
        js.error("auth.passkey.verifyRegistration", {}),
        js.error("auth.passkey.list"),
        js.error("auth.passkey.update", {"passkeyId": "x", "friendlyName": "y"}),
        js.error("auth.passkey.delete", {"passkeyId": "x"}),
    ):
        assert error["name"] == "AuthSessionMissingError"


@pytest.mark.supabase(auth={"enable_anonymous_sign_ins": True})
def test_a_passkey_needs_a_name(js: JsClient) -> None:
    js("auth.signInAnonymously")
    assert refused(js.error("auth.passkey.startRegistration")) == (403, "no_authorization")


def test_only_browsers_ask_a_device(js: JsClient) -> None:
    assert "WebAuthn" in js.error("auth.signInWithPasskey")["message"]
    assert "WebAuthn" in js.error("auth.registerPasskey")["message"]


def test_the_administrator_sees_and_takes_away(
    js: JsClient, node: NodeProcess, backend: SupabaseBackend
) -> None:
    user = {"userId": js("auth.signUp", ADA)["user"]["id"]}
    made = register(js, Authenticator())
    admin = node.create(
        backend.url, backend.secret_key, persistSession=False, experimental={"passkey": True}
    )
    assert [one["id"] for one in admin("auth.admin.passkey.listPasskeys", user)] == [made["id"]]
    passkey = {**user, "passkeyId": made["id"]}
    admin("auth.admin.passkey.deletePasskey", passkey)
    assert js("auth.passkey.list") == []
    error = admin.error("auth.admin.passkey.deletePasskey", passkey)
    assert refused(error) == (404, "validation_failed")
    error = admin.error("auth.admin.passkey.listPasskeys", {"userId": made["id"]})
    assert refused(error) == (404, "user_not_found")
