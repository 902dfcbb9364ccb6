"""@supabase/supabase-js: what signed-in people change about themselves, and who hears of it."""

from __future__ import annotations

from typing import Any

import pytest

from hipflask.testing import SupabaseBackend
from tests.contract.js_client import JsClient, NodeProcess, Thrown
from tests.contract.links import fragment_of, query_of, redirect_of
from tests.contract.second_factors import SETTINGS, code

EMAIL = "ann@example.com"
PASSWORD = "a long enough password"
NEW_PASSWORD = "another long password"
SIGN_IN = {"email": EMAIL, "password": PASSWORD}

pytestmark = pytest.mark.supabase(auth=SETTINGS)
SECURE = pytest.mark.supabase(auth={"email": {"secure_password_change": True}})
CURRENT = pytest.mark.supabase(auth={"email": {"require_current_password": True}})


def refusal(js: JsClient, attributes: dict[str, Any]) -> tuple[int, str]:
    error = js.error("auth.updateUser", attributes)
    return error["status"], error["code"]


@SECURE
def test_a_password_needs_a_nonce_after_a_day(js: JsClient, backend: SupabaseBackend) -> None:
    js("auth.signUp", SIGN_IN)
    backend.clock.advance(hours=25)
    js("auth.refreshSession")
    assert refusal(js, {"password": NEW_PASSWORD}) == (400, "reauthentication_needed")
    false = {"password": NEW_PASSWORD, "nonce": "000000"}
    assert refusal(js, false) == (422, "reauthentication_not_valid")
    js("auth.reauthenticate")
    nonce = backend.mailbox.latest(to=EMAIL).code
    backend.clock.advance(minutes=59)
    js("auth.updateUser", {"password": NEW_PASSWORD, "nonce": nonce})
    # It works once.
    assert refusal(js, {"password": PASSWORD, "nonce": nonce}) == (
        422,
        "reauthentication_not_valid",
    )


@SECURE
def test_a_nonce_grows_old(js: JsClient, backend: SupabaseBackend) -> None:
    js("auth.signUp", SIGN_IN)
    backend.clock.advance(hours=25)
    js("auth.refreshSession")
    js("auth.reauthenticate")
    nonce = backend.mailbox.latest(to=EMAIL).code
    backend.clock.advance(minutes=61)
    js("auth.refreshSession")
    late = {"password": NEW_PASSWORD, "nonce": nonce}
    assert refusal(js, late) == (422, "reauthentication_not_valid")


@CURRENT
def test_a_password_needs_the_current_one(js: JsClient) -> None:
    js("auth.signUp", SIGN_IN)
    assert refusal(js, {"password": NEW_PASSWORD}) == (400, "current_password_required")
    wrong = {"password": NEW_PASSWORD, "current_password": "a wrong password"}
    assert refusal(js, wrong) == (400, "current_password_invalid")
    js("auth.updateUser", {"password": NEW_PASSWORD, "current_password": PASSWORD})
    js("auth.signInWithPassword", {"email": EMAIL, "password": NEW_PASSWORD})


@CURRENT
def test_who_recovers_has_forgotten_it(js: JsClient, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    js("auth.resetPasswordForEmail", EMAIL)
    digits = backend.mailbox.latest(to=EMAIL).code
    js("auth.verifyOtp", {"email": EMAIL, "token": digits, "type": "recovery"})
    js("auth.updateUser", {"password": NEW_PASSWORD})


def test_a_new_password_signs_other_devices_out(
    node: NodeProcess, backend: SupabaseBackend
) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    here, there = (node.create(backend.url, backend.publishable_key) for _ in range(2))
    here("auth.signInWithPassword", SIGN_IN)
    there("auth.signInWithPassword", SIGN_IN)
    here("auth.updateUser", {"password": NEW_PASSWORD})
    assert there.error("auth.refreshSession")["code"] == "refresh_token_not_found"
    assert here("auth.refreshSession")["session"]


@pytest.mark.parametrize(
    ("attributes", "status", "code"),
    [
        ({"password": PASSWORD}, 422, "same_password"),
        ({"password": "short"}, 422, "weak_password"),
        ({"password": "x" * 73}, 400, "validation_failed"),
        ({"email": "no address"}, 400, "validation_failed"),
        ({"email": "bob@example.com"}, 422, "email_exists"),
        ({"phone": "no number"}, 400, "validation_failed"),
        ({"app_metadata": {"role": "admin"}}, 403, "not_admin"),
    ],
)
def test_changes_that_are_refused(
    js: JsClient, backend: SupabaseBackend, attributes: dict[str, Any], status: int, code: str
) -> None:
    backend.create_user("bob@example.com")
    js("auth.signUp", SIGN_IN)
    assert refusal(js, attributes) == (status, code)


def test_metadata_is_merged_and_null_takes_away(js: JsClient) -> None:
    js("auth.signUp", {**SIGN_IN, "options": {"data": {"name": "Ann", "city": "Basel"}}})
    js("auth.updateUser", {"data": {"city": None, "pet": {"kind": "cat"}}})
    kept = js("auth.getUser")["user"]["user_metadata"]
    assert (kept["name"], kept["pet"]) == ("Ann", {"kind": "cat"})
    assert "city" not in kept


@pytest.mark.supabase(auth={"email": {"enable_confirmations": True}})
def test_an_address_changes_by_links(node: NodeProcess, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    js = node.create(backend.url, backend.publishable_key, flowType="pkce")
    js("auth.signInWithPassword", SIGN_IN)
    js("auth.updateUser", {"email": "new@example.com"})
    first = redirect_of(backend.mailbox.latest(to=EMAIL).link)
    assert "other email" in query_of(first)["message"]
    assert fragment_of(first)["message"] == query_of(first)["message"]
    second = query_of(redirect_of(backend.mailbox.latest(to="new@example.com").link))
    assert second["code"]  # of no use: updateUser forgets the verifier when it keeps the session
    assert js("auth.refreshSession")["user"]["email"] == "new@example.com"


def test_listeners_hear_of_everything(js: JsClient, backend: SupabaseBackend) -> None:
    assert js("auth.onAuthStateChange", {"$record": True})  # the subscription's id
    js("auth.initialize")
    assert js.events() == [("INITIAL_SESSION", None)]
    user = js("auth.signUp", SIGN_IN)["user"]["id"]
    js("auth.refreshSession")
    js("auth.updateUser", {"data": {"city": "Basel"}})
    factor = js("auth.mfa.enroll", {"factorType": "totp"})
    shown = {"factorId": factor["id"], "code": code(factor["totp"]["secret"])}
    js("auth.mfa.challengeAndVerify", shown)
    js("auth.signOut")
    js("auth.resetPasswordForEmail", EMAIL)
    digits = backend.mailbox.latest(to=EMAIL).code
    js("auth.verifyOtp", {"email": EMAIL, "token": digits, "type": "recovery"})
    assert js.events() == [
        ("SIGNED_IN", user),
        ("TOKEN_REFRESHED", user),
        ("USER_UPDATED", user),
        ("MFA_CHALLENGE_VERIFIED", user),
        ("SIGNED_OUT", None),
        ("PASSWORD_RECOVERY", user),
    ]
    js.node.call(js.name, "unsubscribe", [])
    js("auth.refreshSession")
    assert js.events() == []


def test_errors_are_thrown_on_request(node: NodeProcess, backend: SupabaseBackend) -> None:
    js = node.create(backend.url, backend.publishable_key, throwOnError=True)
    assert js("auth.isThrowOnErrorEnabled") is True
    with pytest.raises(Thrown, match="Invalid login credentials"):
        js("auth.signInWithPassword", SIGN_IN)


def test_refreshes_by_itself_while_it_may(js: JsClient) -> None:
    js("auth.onAuthStateChange", {"$record": True})
    js("auth.signUp", SIGN_IN)
    js("auth.startAutoRefresh")
    js("auth.stopAutoRefresh")
    js("auth.dispose")
    assert js("auth.getSession")["session"]["user"]["email"] == EMAIL
