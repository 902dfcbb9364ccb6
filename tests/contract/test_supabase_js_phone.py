"""@supabase/supabase-js, the official JavaScript client: phone numbers instead of addresses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hipflask.testing import SupabaseBackend
from tests.contract.js_client import JsClient
from tests.contract.phones import CONFIRMED, OTHER_PHONE, PHONE, code_to, messages_to

PASSWORD = "a long enough password"
SIGN_UP = {"phone": f"+{PHONE}", "password": PASSWORD, "options": {"data": {"name": "Ann"}}}
SIGN_IN = {"phone": f"+{PHONE}", "password": PASSWORD}

pytestmark = pytest.mark.supabase(auth=CONFIRMED)


def sign_up(js: JsClient, backend: SupabaseBackend) -> dict[str, Any]:
    """Sign up, prove the number and return the user."""
    js("auth.signUp", SIGN_UP)
    proof = {"phone": PHONE, "token": code_to(backend), "type": "sms"}
    user: dict[str, Any] = js("auth.verifyOtp", proof)["user"]
    return user


def test_sign_up_waits_for_the_code(js: JsClient, backend: SupabaseBackend) -> None:
    assert js("auth.signUp", SIGN_UP)["session"] is None
    error = js.error("auth.signInWithPassword", SIGN_IN)
    assert (error["status"], error["code"]) == (400, "phone_not_confirmed")
    proof = {"phone": PHONE, "token": code_to(backend), "type": "sms"}
    answer = js("auth.verifyOtp", proof)
    assert answer["session"]["refresh_token"]
    assert (answer["user"]["phone"], answer["user"]["email"]) == (PHONE, "")
    assert answer["user"]["user_metadata"]["name"] == "Ann"
    assert answer["user"]["app_metadata"] == {"provider": "phone", "providers": ["phone"]}
    error = js.error("auth.verifyOtp", proof)
    assert (error["status"], error["code"]) == (403, "otp_expired")


@pytest.mark.supabase(auth={"sms": {"enable_confirmations": False}})
def test_sign_up_without_confirmation_signs_in(js: JsClient, backend: SupabaseBackend) -> None:
    assert js("auth.signUp", SIGN_UP)["session"]["user"]["phone_confirmed_at"]
    assert messages_to(backend) == 0
    assert js.error("auth.signUp", SIGN_UP)["code"] == "user_already_exists"


def test_signs_in_with_a_password(js: JsClient, backend: SupabaseBackend) -> None:
    user = sign_up(js, backend)
    assert js("auth.signInWithPassword", SIGN_IN)["user"]["id"] == user["id"]
    error = js.error("auth.signInWithPassword", {**SIGN_IN, "password": "another password"})
    assert (error["status"], error["code"]) == (400, "invalid_credentials")


def test_signs_in_with_a_code(js: JsClient, backend: SupabaseBackend) -> None:
    js("auth.signInWithOtp", {"phone": PHONE, "options": {"data": {"name": "Ann"}}})
    answer = js("auth.verifyOtp", {"phone": PHONE, "token": code_to(backend), "type": "sms"})
    assert answer["user"]["user_metadata"]["name"] == "Ann"
    assert js("auth.getClaims")["claims"]["amr"][0]["method"] == "otp"


@pytest.mark.supabase(auth={"sms": {"test_otp": {PHONE: "123456"}}})
def test_a_test_number_has_one_code(js: JsClient, backend: SupabaseBackend) -> None:
    js("auth.signInWithOtp", {"phone": PHONE})
    assert js("auth.verifyOtp", {"phone": PHONE, "token": "123456", "type": "sms"})["session"]
    assert js("auth.signInWithOtp", {"phone": PHONE})["messageId"] == "test-otp"
    assert messages_to(backend) == 0


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"phone": PHONE, "options": {"shouldCreateUser": False}}, 422, "otp_disabled"),
        ({"phone": PHONE, "options": {"channel": "whatsapp"}}, 400, "validation_failed"),
        ({"phone": "no number"}, 400, "validation_failed"),
    ],
)
def test_codes_that_are_refused(js: JsClient, asked: object, status: int, code: str) -> None:
    error = js.error("auth.signInWithOtp", asked)
    assert (error["status"], error["code"]) == (status, code)


@pytest.mark.supabase(auth={"sms": {"enable_signup": False}})
def test_phones_are_off(js: JsClient) -> None:
    for error in (
        js.error("auth.signUp", SIGN_UP),
        js.error("auth.signInWithOtp", {"phone": PHONE}),
        js.error("auth.resend", {"type": "sms", "phone": PHONE}),
    ):
        assert (error["status"], error["code"]) == (400, "phone_provider_disabled")
    error = js.error("auth.signInWithPassword", SIGN_IN)
    assert (error["status"], error["code"]) == (422, "phone_provider_disabled")


@pytest.mark.supabase(auth={"enable_signup": False})
def test_sign_up_is_closed(js: JsClient) -> None:
    error = js.error("auth.signUp", SIGN_UP)
    assert (error["status"], error["code"]) == (422, "signup_disabled")
    error = js.error("auth.signInWithOtp", {"phone": PHONE})
    assert (error["status"], error["code"]) == (422, "signup_disabled")


def test_resends_a_code(js: JsClient, backend: SupabaseBackend) -> None:
    js("auth.signUp", SIGN_UP)
    js("auth.resend", {"type": "sms", "phone": PHONE})
    assert messages_to(backend) == 2
    js("auth.verifyOtp", {"phone": PHONE, "token": code_to(backend), "type": "sms"})
    js("auth.resend", {"type": "sms", "phone": PHONE})  # confirmed: nothing to send, nothing told
    js("auth.resend", {"type": "sms", "phone": OTHER_PHONE})
    assert messages_to(backend) == 2
    assert messages_to(backend, OTHER_PHONE) == 0


def test_changes_the_number(js: JsClient, backend: SupabaseBackend) -> None:
    sign_up(js, backend)
    assert js("auth.updateUser", {"phone": OTHER_PHONE})["user"]["new_phone"] == OTHER_PHONE
    proof = {"phone": OTHER_PHONE, "type": "phone_change"}
    first = code_to(backend, OTHER_PHONE)
    # GoTrue finds the user by the number that counts today.
    js("auth.resend", {"type": "phone_change", "phone": PHONE})
    assert messages_to(backend, OTHER_PHONE) == 2
    assert js.error("auth.verifyOtp", {**proof, "token": first})["code"] == "otp_expired"
    answer = js("auth.verifyOtp", {**proof, "token": code_to(backend, OTHER_PHONE)})
    assert answer["user"]["phone"] == OTHER_PHONE


def test_a_number_belongs_to_one(js: JsClient, backend: SupabaseBackend) -> None:
    sign_up(js, backend)
    js("auth.signUp", {"email": "bob@example.com", "password": PASSWORD})
    code = backend.mailbox.latest(to="bob@example.com").code
    js("auth.verifyOtp", {"email": "bob@example.com", "token": code, "type": "signup"})
    error = js.error("auth.updateUser", {"phone": PHONE})
    assert (error["status"], error["code"]) == (422, "phone_exists")


@pytest.mark.supabase(auth={"email": {"secure_password_change": True}})
def test_reauthenticates_by_message(js: JsClient, backend: SupabaseBackend) -> None:
    sign_up(js, backend)
    js("auth.reauthenticate")
    nonce = code_to(backend)
    js("auth.refreshSession")
    backend.clock.advance(minutes=10)
    js("auth.updateUser", {"password": "another long password", "nonce": nonce})
    js("auth.signInWithPassword", {**SIGN_IN, "password": "another long password"})


@pytest.mark.supabase(auth={"sms": {"max_frequency": timedelta(minutes=1)}})
def test_messages_keep_their_distance(js: JsClient) -> None:
    js("auth.signUp", SIGN_UP)
    error = js.error("auth.resend", {"type": "sms", "phone": PHONE})
    assert (error["status"], error["code"]) == (429, "over_sms_send_rate_limit")
