"""@supabase/supabase-js, the official JavaScript client: second factors by authenticator app."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.authenticator_app import SETTINGS, code
from tests.contract.js_client import JsClient

pytestmark = pytest.mark.supabase(auth=SETTINGS)
ADA = {"email": "ada@example.com", "password": "correct horse battery"}


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
