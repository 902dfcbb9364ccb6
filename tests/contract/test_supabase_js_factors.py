"""@supabase/supabase-js, the official JavaScript client: second factors by app and phone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hipflask.testing import SupabaseBackend
from tests.contract.js_client import JsClient
from tests.contract.second_factors import NUMBER, SETTINGS, code, sent_code
from tests.contract.signing import forged

pytestmark = pytest.mark.supabase(auth=SETTINGS)
ADA = {"email": "ada@example.com", "password": "correct horse battery"}
OFF: Any = {"enroll_enabled": False, "verify_enabled": False}


def enroll(js: JsClient) -> Any:
    return js("auth.mfa.enroll", {"factorType": "totp", "friendlyName": "phone"})


def test_from_enrolling_to_the_second_level_and_back(js: JsClient) -> None:
    js("auth.signUp", ADA)
    factor = enroll(js)
    assert factor["totp"]["qr_code"].startswith("data:image/svg+xml;utf-8,<")
    asked = js("auth.mfa.challenge", {"factorId": factor["id"]})
    shown = {"factorId": factor["id"], "challengeId": asked["id"]}
    js("auth.mfa.verify", shown | {"code": code(factor["totp"]["secret"])})
    level = js("auth.mfa.getAuthenticatorAssuranceLevel")
    assert (level["currentLevel"], level["nextLevel"]) == ("aal2", "aal2")
    assert [one["id"] for one in js("auth.mfa.listFactors")["totp"]] == [factor["id"]]
    assert js("auth.mfa.unenroll", {"factorId": factor["id"]})["id"] == factor["id"]
    js("auth.refreshSession")
    level = js("auth.mfa.getAuthenticatorAssuranceLevel")
    assert (level["currentLevel"], level["nextLevel"]) == ("aal1", "aal1")


def test_refusals(js: JsClient) -> None:
    js("auth.signUp", ADA)
    factor = enroll(js)
    again = js.error("auth.mfa.enroll", {"factorType": "totp", "friendlyName": "phone"})
    assert again["code"] == "mfa_factor_name_conflict"
    wrong = {"factorId": factor["id"], "code": "12345"}
    assert js.error("auth.mfa.challengeAndVerify", wrong)["code"] == "mfa_verification_failed"


def test_the_admin_takes_a_lost_factor_away(js: JsClient, js_admin: JsClient) -> None:
    user_id = js("auth.signUp", ADA)["user"]["id"]
    factor = enroll(js)
    listed = js_admin("auth.admin.mfa.listFactors", {"userId": user_id})["factors"]
    assert [one["id"] for one in listed] == [factor["id"]]
    wanted = {"userId": user_id, "id": factor["id"]}
    js_admin("auth.admin.mfa.deleteFactor", wanted)
    assert js("auth.mfa.listFactors")["all"] == []


def enroll_phone(js: JsClient) -> Any:
    return js("auth.mfa.enroll", {"factorType": "phone", "friendlyName": "old", "phone": NUMBER})


def show_phone(js: JsClient, backend: SupabaseBackend, factor_id: str) -> None:
    asked = js("auth.mfa.challenge", {"factorId": factor_id, "channel": "sms"})
    assert asked["type"] == "phone"
    shown = {"factorId": factor_id, "challengeId": asked["id"], "code": sent_code(backend)}
    js("auth.mfa.verify", shown)


def test_a_phone_from_enrolling_to_the_second_level_and_back(
    js: JsClient, backend: SupabaseBackend
) -> None:
    js("auth.signUp", ADA)
    factor = enroll_phone(js)
    assert (factor["type"], factor["phone"]) == ("phone", NUMBER)
    show_phone(js, backend, factor["id"])
    (listed,) = js("auth.mfa.listFactors")["phone"]
    assert (listed["phone"], listed["status"]) == (NUMBER.removeprefix("+"), "verified")
    js("auth.signInWithPassword", ADA)
    level = js("auth.mfa.getAuthenticatorAssuranceLevel")
    assert (level["currentLevel"], level["nextLevel"]) == ("aal1", "aal2")
    show_phone(js, backend, factor["id"])
    level = js("auth.mfa.getAuthenticatorAssuranceLevel")
    assert level["currentLevel"] == "aal2"
    methods = {entry["method"] for entry in level["currentAuthenticationMethods"]}
    assert methods == {"mfa/phone", "password"}
    assert js("auth.mfa.unenroll", {"factorId": factor["id"]})["id"] == factor["id"]
    assert js("auth.mfa.listFactors")["all"] == []


def test_refusals_of_a_phone(js: JsClient, backend: SupabaseBackend) -> None:
    js("auth.signUp", ADA)
    no_number = {"factorType": "phone", "friendlyName": "old", "phone": "12"}
    assert js("auth.mfa.enroll", no_number)["phone"] == "12"  # E.164 has no shortest length
    letters = js.error("auth.mfa.enroll", no_number | {"phone": "ada", "friendlyName": "new"})
    assert letters["code"] == "validation_failed"
    js("auth.mfa.enroll", {"factorType": "phone", "friendlyName": "other", "phone": NUMBER})
    factor_id = js("auth.mfa.listFactors")["all"][1]["id"]
    channel = js.error("auth.mfa.challenge", {"factorId": factor_id, "channel": "whatsapp"})
    assert channel["code"] == "validation_failed"
    asked = js("auth.mfa.challenge", {"factorId": factor_id, "channel": "sms"})
    shown = {"factorId": factor_id, "challengeId": asked["id"]}
    wrong = "000000" if sent_code(backend) != "000000" else "111111"
    refused = js.error("auth.mfa.verify", shown | {"code": wrong})
    assert refused["code"] == "mfa_verification_failed"
    js("auth.mfa.verify", shown | {"code": sent_code(backend)})
    again = {"factorType": "phone", "friendlyName": "third", "phone": NUMBER}
    assert js.error("auth.mfa.enroll", again)["code"] == "mfa_verified_factor_exists"


@pytest.mark.supabase(auth={"mfa": {"phone": {"max_frequency": timedelta(minutes=1)}}})
def test_messages_wait_for_each_other(js: JsClient) -> None:
    js("auth.signUp", ADA)
    wanted = {"factorId": enroll_phone(js)["id"], "channel": "sms"}
    js("auth.mfa.challenge", wanted)
    early = js.error("auth.mfa.challenge", wanted)
    assert (early["status"], early["code"]) == (429, "over_sms_send_rate_limit")


@pytest.mark.supabase(auth={"mfa": {"phone": OFF, "web_authn": OFF}})
def test_types_that_are_off(js: JsClient) -> None:
    js("auth.signUp", ADA)
    phone = {"factorType": "phone", "friendlyName": "old", "phone": NUMBER}
    assert js.error("auth.mfa.enroll", phone)["code"] == "mfa_phone_enroll_not_enabled"
    key = {"friendlyName": "key"}
    assert js.error("auth.mfa.webauthn.enroll", key)["code"] == "mfa_webauthn_enroll_not_enabled"


def test_factors_and_challenges_of_nobody(js: JsClient) -> None:
    js("auth.signUp", ADA)
    factor_id, unknown = enroll(js)["id"], "3f0a4c1e-0000-4000-8000-000000000000"
    for error in (
        js.error("auth.mfa.challenge", {"factorId": unknown}),
        js.error("auth.mfa.unenroll", {"factorId": unknown}),
        js.error("auth.mfa.verify", {"factorId": unknown, "challengeId": unknown, "code": "1"}),
    ):
        assert (error["status"], error["code"]) == (404, "mfa_factor_not_found")
    shown = {"factorId": factor_id, "challengeId": unknown, "code": "123456"}
    error = js.error("auth.mfa.verify", shown)
    assert (error["status"], error["code"]) == (422, "mfa_factor_not_found")


def test_the_level_of_a_token(js: JsClient) -> None:
    token = js("auth.signUp", ADA)["session"]["access_token"]
    assert js("auth.mfa.getAuthenticatorAssuranceLevel", token)["currentLevel"] == "aal1"
    error = js.error("auth.mfa.getAuthenticatorAssuranceLevel", forged(token))
    assert (error["status"], error["code"]) == (403, "bad_jwt")


@pytest.mark.supabase(auth={"enable_anonymous_sign_ins": True})
def test_a_second_factor_needs_a_first(js: JsClient) -> None:
    js("auth.signInAnonymously")
    error = js.error("auth.mfa.enroll", {"factorType": "totp", "friendlyName": "phone"})
    assert (error["status"], error["code"]) == (403, "no_authorization")
