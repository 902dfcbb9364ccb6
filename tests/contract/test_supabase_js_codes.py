"""@supabase/supabase-js: what mails carry, of every type: digits, hashes, codes of PKCE."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from hipflask.testing import SupabaseBackend
from tests.contract.js_client import JsClient, NodeProcess
from tests.contract.links import query_of, redirect_of, token_hash_of

EMAIL = "ann@example.com"
NEW_EMAIL = "new@example.com"
PASSWORD = "a long enough password"
SIGN_UP = {"email": EMAIL, "password": PASSWORD}
Ask = Callable[[JsClient, JsClient, SupabaseBackend], str]

pytestmark = pytest.mark.supabase(
    auth={"email": {"enable_confirmations": True, "double_confirm_changes": False}}
)


def signup(js: JsClient, _admin: JsClient, _backend: SupabaseBackend) -> str:
    js("auth.signUp", SIGN_UP)
    return EMAIL


def magiclink(js: JsClient, _admin: JsClient, backend: SupabaseBackend) -> str:
    backend.create_user(EMAIL)
    js("auth.signInWithOtp", {"email": EMAIL})
    return EMAIL


def recovery(js: JsClient, _admin: JsClient, backend: SupabaseBackend) -> str:
    backend.create_user(EMAIL)
    js("auth.resetPasswordForEmail", EMAIL)
    return EMAIL


def invite(_js: JsClient, admin: JsClient, _backend: SupabaseBackend) -> str:
    admin("auth.admin.inviteUserByEmail", EMAIL)
    return EMAIL


def email_change(js: JsClient, _admin: JsClient, backend: SupabaseBackend) -> str:
    backend.create_user(EMAIL, password=PASSWORD)
    js("auth.signInWithPassword", SIGN_UP)
    js("auth.updateUser", {"email": NEW_EMAIL})
    return NEW_EMAIL


#: Type of verifyOtp -> what sends a mail with it. "email" is the newer name of two.
TYPES: list[tuple[str, Ask]] = [
    ("signup", signup),
    ("email", signup),
    ("magiclink", magiclink),
    ("email", magiclink),
    ("recovery", recovery),
    ("invite", invite),
    ("email_change", email_change),
]


@pytest.mark.parametrize(("kind", "ask"), TYPES)
def test_digits_of_each_type(
    js: JsClient, js_admin: JsClient, backend: SupabaseBackend, kind: str, ask: Ask
) -> None:
    address = ask(js, js_admin, backend)
    shown = {"email": address, "token": backend.mailbox.latest(to=address).code, "type": kind}
    other = "phone_change"  # magiclink and recovery share a column, signup and invite another
    assert js.error("auth.verifyOtp", {**shown, "type": other})["code"] == "otp_expired"
    backend.clock.advance(minutes=59)
    answer = js("auth.verifyOtp", shown)
    assert (answer["user"]["email"], answer["session"]["token_type"]) == (address, "bearer")
    error = js.error("auth.verifyOtp", shown)
    assert (error["status"], error["code"]) == (403, "otp_expired")


@pytest.mark.parametrize(("kind", "ask"), TYPES)
def test_hash_of_each_type(
    js: JsClient, js_admin: JsClient, backend: SupabaseBackend, kind: str, ask: Ask
) -> None:
    address = ask(js, js_admin, backend)
    token_hash = token_hash_of(backend.mailbox.latest(to=address).link)
    answer = js("auth.verifyOtp", {"token_hash": token_hash, "type": kind})
    assert answer["session"]["user"]["email"] == address
    error = js.error("auth.verifyOtp", {"token_hash": token_hash, "type": kind})
    assert (error["status"], error["code"]) == (403, "otp_expired")


@pytest.mark.parametrize(("kind", "ask"), TYPES)
def test_an_hour_is_the_end_of_each_type(
    js: JsClient, js_admin: JsClient, backend: SupabaseBackend, kind: str, ask: Ask
) -> None:
    address = ask(js, js_admin, backend)
    mail = backend.mailbox.latest(to=address)
    backend.clock.advance(minutes=61)
    shown = {"email": address, "token": mail.code, "type": kind}
    assert js.error("auth.verifyOtp", shown)["code"] == "otp_expired"
    shown = {"token_hash": token_hash_of(mail.link), "type": kind}
    assert js.error("auth.verifyOtp", shown)["code"] == "otp_expired"


@pytest.mark.parametrize(
    ("shown", "status", "code"),
    [
        ({"email": EMAIL, "type": "email"}, 400, "validation_failed"),
        ({"token": "123456", "type": "email"}, 400, "validation_failed"),
        ({"email": EMAIL, "token": "123456"}, 400, "validation_failed"),
        ({"email": EMAIL, "token_hash": "0" * 56, "type": "email"}, 400, "validation_failed"),
        ({"email": "no address", "token": "123456", "type": "email"}, 422, "validation_failed"),
        ({"phone": "no number", "token": "123456", "type": "sms"}, 400, "validation_failed"),
        ({"email": EMAIL, "token": "123456", "type": "unheard"}, 403, "otp_expired"),
    ],
)
def test_not_even_a_question(js: JsClient, shown: object, status: int, code: str) -> None:
    error = js.error("auth.verifyOtp", shown)
    assert (error["status"], error["code"]) == (status, code)


def test_both_addresses_confirm_a_change(node: NodeProcess, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    js = node.create(backend.url, backend.publishable_key)
    js("auth.signInWithPassword", SIGN_UP)
    js("auth.updateUser", {"email": NEW_EMAIL})
    js("auth.resend", {"type": "email_change", "email": EMAIL})
    assert len(backend.mailbox.messages(to=NEW_EMAIL)) == 2
    first, second = (mail.code for mail in backend.mailbox.messages(to=NEW_EMAIL))
    shown = {"email": NEW_EMAIL, "type": "email_change"}
    assert js.error("auth.verifyOtp", {**shown, "token": first})["code"] == "otp_expired"
    assert js("auth.verifyOtp", {**shown, "token": second})["user"]["email"] == NEW_EMAIL


def test_resends_nothing_where_nothing_waits(js: JsClient, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL)
    js("auth.resend", {"type": "signup", "email": EMAIL})
    js("auth.resend", {"type": "email_change", "email": EMAIL})
    js("auth.resend", {"type": "signup", "email": "nobody@example.com"})
    assert len(backend.mailbox) == 0


@pytest.mark.parametrize(
    "asked",
    [
        {"type": "recovery", "email": EMAIL},
        {"type": "signup", "phone": "41790000001"},
        {"type": "sms", "email": EMAIL},
        {"type": "signup", "email": "no address"},
    ],
)
def test_resends_only_what_it_knows(js: JsClient, asked: dict[str, str]) -> None:
    error = js.error("auth.resend", asked)
    assert error["status"] == 400
    assert error["code"] in ("validation_failed", "phone_provider_disabled")


@pytest.mark.supabase(auth={"email": {"max_frequency": timedelta(minutes=1)}})
def test_mails_keep_their_distance(js: JsClient, backend: SupabaseBackend) -> None:
    js("auth.signUp", SIGN_UP)
    for error in (
        js.error("auth.resend", {"type": "signup", "email": EMAIL}),
        js.error("auth.signInWithOtp", {"email": EMAIL}),
    ):
        assert (error["status"], error["code"]) == (429, "over_email_send_rate_limit")
    backend.clock.advance(minutes=2)
    js("auth.resend", {"type": "signup", "email": EMAIL})
    js("auth.resetPasswordForEmail", EMAIL)
    error = js.error("auth.resetPasswordForEmail", EMAIL)
    assert (error["status"], error["code"]) == (429, "over_email_send_rate_limit")


@pytest.mark.parametrize("address", ["no address", ""])
def test_recovers_nobody_without_an_address(js: JsClient, address: str) -> None:
    error = js.error("auth.resetPasswordForEmail", address)
    assert (error["status"], error["code"]) == (400, "validation_failed")


def pkce(node: NodeProcess, backend: SupabaseBackend) -> JsClient:
    return node.create(backend.url, backend.publishable_key, flowType="pkce")


def code_of(backend: SupabaseBackend) -> str:
    """Open the last link and return the code that it hands to the application."""
    return query_of(redirect_of(backend.mailbox.latest(to=EMAIL).link))["code"]


def test_a_code_is_traded_once(node: NodeProcess, backend: SupabaseBackend) -> None:
    js = pkce(node, backend)
    js("auth.signUp", SIGN_UP)
    code = code_of(backend)
    assert js("auth.exchangeCodeForSession", code)["session"]["user"]["email"] == EMAIL
    assert js.error("auth.exchangeCodeForSession", code)["name"] == (
        "AuthPKCECodeVerifierMissingError"
    )
    js("auth.signInWithOtp", {"email": EMAIL})  # a new verifier
    error = js.error("auth.exchangeCodeForSession", code)
    assert (error["status"], error["code"]) == (404, "flow_state_not_found")


def test_a_code_needs_its_verifier(node: NodeProcess, backend: SupabaseBackend) -> None:
    js = pkce(node, backend)
    js("auth.signUp", SIGN_UP)
    code = code_of(backend)
    other = pkce(node, backend)
    other("auth.signInWithOtp", {"email": "bob@example.com"})
    error = other.error("auth.exchangeCodeForSession", code)
    assert (error["status"], error["code"]) == (400, "bad_code_verifier")
    implicit = node.create(backend.url, backend.publishable_key)
    error = implicit.error("auth.exchangeCodeForSession", code)
    assert (error["status"], error["code"]) == (400, "validation_failed")


def test_a_code_grows_old(node: NodeProcess, backend: SupabaseBackend) -> None:
    js = pkce(node, backend)
    js("auth.signUp", SIGN_UP)
    code = code_of(backend)
    backend.clock.advance(minutes=6)
    error = js.error("auth.exchangeCodeForSession", code)
    assert (error["status"], error["code"]) == (422, "flow_state_expired")


@pytest.mark.parametrize("code", ["", "no uuid", "3f0a4c1e-0000-4000-8000-000000000000"])
def test_a_code_of_nobody(node: NodeProcess, backend: SupabaseBackend, code: str) -> None:
    js = pkce(node, backend)
    js("auth.signUp", SIGN_UP)
    error = js.error("auth.exchangeCodeForSession", code)
    assert error["code"] == ("flow_state_not_found" if code else "validation_failed")


def test_recovery_says_so(node: NodeProcess, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL)
    js = pkce(node, backend)
    js("auth.resetPasswordForEmail", EMAIL)
    answer = js("auth.exchangeCodeForSession", code_of(backend))
    assert answer["redirectType"] == "recovery"
    js("auth.updateUser", {"password": "a wholly new password"})
