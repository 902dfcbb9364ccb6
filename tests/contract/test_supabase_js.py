"""@supabase/supabase-js, the official JavaScript client: what a user of an application does."""

from __future__ import annotations

import pytest

from hipflask.local.config import SmtpOut
from hipflask.testing import SupabaseBackend
from tests.contract.js_client import JsClient, NodeProcess
from tests.contract.links import fragment_of, query_of, redirect_of, token_hash_of

EMAIL = "ann@example.com"
PASSWORD = "a long enough password"
SITE = "http://127.0.0.1:8080"
SIGN_UP = {"email": EMAIL, "password": PASSWORD, "options": {"data": {"name": "Ann"}}}
SIGN_IN = {"email": EMAIL, "password": PASSWORD}

pytestmark = pytest.mark.supabase(
    auth={
        "site_url": SITE,
        "additional_redirect_urls": (f"{SITE}/**",),
        "email": {"enable_confirmations": True},
    }
)


def test_sign_up_waits_for_the_confirmation(js: JsClient, backend: SupabaseBackend) -> None:
    answer = js("auth.signUp", SIGN_UP)
    assert answer["session"] is None
    assert answer["user"]["email"] == EMAIL
    assert answer["user"]["user_metadata"]["name"] == "Ann"
    assert js.error("auth.signInWithPassword", SIGN_IN)["code"] == "email_not_confirmed"
    assert backend.mailbox.latest(to=EMAIL).links


@pytest.mark.parametrize("kind", ["email", "signup"])
def test_confirms_by_token_hash(js: JsClient, backend: SupabaseBackend, kind: str) -> None:
    js("auth.signUp", SIGN_UP)
    token_hash = token_hash_of(backend.mailbox.latest(to=EMAIL).link)
    answer = js("auth.verifyOtp", {"token_hash": token_hash, "type": kind})
    assert answer["session"]["access_token"]
    assert answer["user"]["email_confirmed_at"]


def test_confirms_by_six_digits(js: JsClient, backend: SupabaseBackend) -> None:
    js("auth.signUp", SIGN_UP)
    code = backend.mailbox.latest(to=EMAIL).code
    answer = js("auth.verifyOtp", {"email": EMAIL, "token": code, "type": "email"})
    assert answer["session"]["refresh_token"]


def test_confirms_by_link_into_the_fragment(js: JsClient, backend: SupabaseBackend) -> None:
    js("auth.signUp", {**SIGN_UP, "options": {"emailRedirectTo": f"{SITE}/auth/callback"}})
    target = redirect_of(backend.mailbox.latest(to=EMAIL).link)
    assert target.startswith(f"{SITE}/auth/callback#")
    tokens = {name: fragment_of(target)[name] for name in ("access_token", "refresh_token")}
    assert js("auth.setSession", tokens)["user"]["email"] == EMAIL


def test_confirms_by_pkce_code(node: NodeProcess, backend: SupabaseBackend) -> None:
    js = node.create(backend.url, backend.publishable_key, flowType="pkce")
    js("auth.signUp", SIGN_UP)
    code = query_of(redirect_of(backend.mailbox.latest(to=EMAIL).link))["code"]
    assert js("auth.exchangeCodeForSession", code)["user"]["email"] == EMAIL


def test_a_pkce_code_is_worthless_to_another_browser(
    node: NodeProcess, backend: SupabaseBackend
) -> None:
    first, second = (
        node.create(backend.url, backend.publishable_key, flowType="pkce") for _ in range(2)
    )
    first("auth.signUp", SIGN_UP)
    second("auth.signUp", {"email": "bob@example.com", "password": PASSWORD})
    code = query_of(redirect_of(backend.mailbox.latest(to=EMAIL).link))["code"]
    assert second.error("auth.exchangeCodeForSession", code)["code"] == "bad_code_verifier"


def test_signs_in_and_reads_the_user(js: JsClient, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    session = js("auth.signInWithPassword", SIGN_IN)["session"]
    assert session["token_type"] == "bearer"
    assert session["expires_in"] == 3600
    assert js("auth.getUser")["user"]["email"] == EMAIL


def test_claims_verify_with_the_published_keys(js: JsClient, backend: SupabaseBackend) -> None:
    user = backend.create_user(EMAIL, password=PASSWORD)
    js("auth.signInWithPassword", SIGN_IN)
    verified = js("auth.getClaims")
    assert verified["header"]["alg"] == "ES256"
    assert verified["claims"]["sub"] == user.id
    assert verified["claims"]["amr"][0]["method"] == "password"
    assert verified["claims"]["aal"] == "aal1"


def test_refresh_rotates_the_token(js: JsClient, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    first = js("auth.signInWithPassword", SIGN_IN)["session"]
    second = js("auth.refreshSession")["session"]
    assert second["refresh_token"] != first["refresh_token"]
    assert second["user"]["id"] == first["user"]["id"]


def test_an_unknown_refresh_token_is_refused(js: JsClient) -> None:
    error = js.error("auth.refreshSession", {"refresh_token": "nobodystoken"})
    assert (error["status"], error["code"]) == (400, "refresh_token_not_found")


def test_recovers_by_mail(js: JsClient, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    js("auth.resetPasswordForEmail", EMAIL, {"redirectTo": f"{SITE}/users/reset-password"})
    target = redirect_of(backend.mailbox.latest(to=EMAIL).link)
    assert fragment_of(target)["type"] == "recovery"
    tokens = {name: fragment_of(target)[name] for name in ("access_token", "refresh_token")}
    js("auth.setSession", tokens)
    js("auth.updateUser", {"password": "an even longer password"})
    js("auth.signOut")
    js("auth.signInWithPassword", {"email": EMAIL, "password": "an even longer password"})
    assert js.error("auth.signInWithPassword", SIGN_IN)["code"] == "invalid_credentials"


def test_the_same_password_again_is_refused(js: JsClient, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    js("auth.signInWithPassword", SIGN_IN)
    error = js.error("auth.updateUser", {"password": PASSWORD})
    assert (error["status"], error["code"]) == (422, "same_password")


def test_one_time_password_signs_in(js: JsClient, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    js("auth.signInWithOtp", {"email": EMAIL})
    token_hash = token_hash_of(backend.mailbox.latest(to=EMAIL).link)
    answer = js("auth.verifyOtp", {"token_hash": token_hash, "type": "magiclink"})
    assert answer["user"]["email"] == EMAIL


def test_one_time_password_does_not_make_users_when_told_not_to(js: JsClient) -> None:
    error = js.error("auth.signInWithOtp", {"email": EMAIL, "options": {"shouldCreateUser": False}})
    assert error["code"] == "otp_disabled"


def test_resend_sends_again(js: JsClient, backend: SupabaseBackend) -> None:
    js("auth.signUp", SIGN_UP)
    js("auth.resend", {"type": "signup", "email": EMAIL})
    first, second = backend.mailbox.messages(to=EMAIL)
    assert first.link != second.link


def test_updates_the_user(js: JsClient, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    js("auth.signInWithPassword", SIGN_IN)
    assert js("auth.updateUser", {"data": {"city": "Basel"}})["user"]["user_metadata"] == {
        "city": "Basel",
        "email_verified": True,
    }


def test_changes_the_address_with_both_consents(js: JsClient, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    js("auth.signInWithPassword", SIGN_IN)
    assert js("auth.updateUser", {"email": "new@example.com"})["user"]["email"] == EMAIL
    for address in (EMAIL, "new@example.com"):
        token_hash = token_hash_of(backend.mailbox.latest(to=address).link)
        js("auth.verifyOtp", {"token_hash": token_hash, "type": "email_change"})
    assert js("auth.getUser")["user"]["email"] == "new@example.com"


def test_reauthenticates_with_a_nonce(js: JsClient, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    js("auth.signInWithPassword", SIGN_IN)
    js("auth.reauthenticate")
    nonce = backend.mailbox.latest(to=EMAIL).code
    js("auth.updateUser", {"password": "another long password", "nonce": nonce})


@pytest.mark.parametrize(
    ("scope", "this_lives", "other_lives"),
    [("local", False, True), ("others", True, False), ("global", False, False)],
)
def test_signs_out_by_scope(
    node: NodeProcess,
    backend: SupabaseBackend,
    scope: str,
    this_lives: bool,
    other_lives: bool,
) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    clients = [node.create(backend.url, backend.publishable_key) for _ in range(2)]
    tokens = [
        client("auth.signInWithPassword", SIGN_IN)["session"]["refresh_token"] for client in clients
    ]
    clients[0]("auth.signOut", {"scope": scope})
    for token, lives in zip(tokens, (this_lives, other_lives), strict=True):
        fresh = node.create(backend.url, backend.publishable_key)
        if lives:
            assert fresh("auth.refreshSession", {"refresh_token": token})["session"]
        else:
            error = fresh.error("auth.refreshSession", {"refresh_token": token})
            assert error["code"] == "refresh_token_not_found"


def test_a_token_dies_with_its_session(js: JsClient, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    token = js("auth.signInWithPassword", SIGN_IN)["session"]["access_token"]
    js("auth.signOut")
    assert js.error("auth.getUser", token)["name"] == "AuthSessionMissingError"


@pytest.mark.supabase(auth={"enable_anonymous_sign_ins": True})
def test_signs_in_anonymously(js: JsClient) -> None:
    assert js("auth.signInAnonymously")["user"]["is_anonymous"] is True


def test_anonymous_sign_in_is_off_by_default(js: JsClient) -> None:
    assert js.error("auth.signInAnonymously")["code"] == "anonymous_provider_disabled"


@pytest.mark.supabase(auth={"enable_signup": False})
def test_sign_up_can_be_closed(js: JsClient) -> None:
    error = js.error("auth.signUp", SIGN_UP)
    assert (error["status"], error["code"]) == (422, "signup_disabled")


@pytest.mark.supabase(auth={"password_requirements": "lower_upper_letters_digits_symbols"})
def test_a_weak_password_is_refused_with_its_reasons(js: JsClient) -> None:
    error = js.error("auth.signUp", {"email": EMAIL, "password": "abc"})
    assert error["name"] == "AuthWeakPasswordError"
    assert set(error["reasons"]) == {"length", "characters"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"email": "ann.example.com", "password": PASSWORD}, "validation_failed"),
        ({"email": "", "password": PASSWORD}, "anonymous_provider_disabled"),
        ({"email": EMAIL, "password": ""}, "validation_failed"),
        ({"email": EMAIL, "password": "x" * 73}, "validation_failed"),
    ],
)
def test_bad_sign_up_is_refused(js: JsClient, arguments: dict[str, str], code: str) -> None:
    assert js.error("auth.signUp", arguments)["code"] == code


def test_wrong_code_is_refused(js: JsClient, backend: SupabaseBackend) -> None:
    js("auth.signUp", SIGN_UP)
    right = backend.mailbox.latest(to=EMAIL).code
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    error = js.error("auth.verifyOtp", {"email": EMAIL, "token": wrong, "type": "email"})
    assert (error["status"], error["code"]) == (403, "otp_expired")


@pytest.mark.supabase(
    # As in the Supabase CLI's stack, mails are counted only with an SMTP server of one's own.
    auth={"rate_limit": {"email_sent": 2}, "email": {"smtp": SmtpOut(host="127.0.0.1")}}
)
def test_too_many_mails_are_refused(js: JsClient, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    for _ in range(2):
        js("auth.resetPasswordForEmail", EMAIL)
    error = js.error("auth.resetPasswordForEmail", EMAIL)
    assert (error["status"], error["code"]) == (429, "over_email_send_rate_limit")
