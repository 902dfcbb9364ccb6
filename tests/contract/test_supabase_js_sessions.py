"""@supabase/supabase-js: what ends a session, and what its client is told then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hipflask.testing import SupabaseBackend
from tests.contract.js_client import JsClient, NodeProcess
from tests.contract.links import query_of, redirect_of

EMAIL = "ann@example.com"
PASSWORD = "a long enough password"
SIGN_IN = {"email": EMAIL, "password": PASSWORD}

pytestmark = pytest.mark.supabase(auth={"email": {"enable_confirmations": False}})
TIMEBOX = {"sessions": {"timebox": timedelta(hours=8)}}
INACTIVITY = {"sessions": {"inactivity_timeout": timedelta(hours=8)}}
SINGLE = {"sessions": {"single_per_user": True}}


def refused(error: dict[str, Any]) -> tuple[int, str]:
    return error["status"], error["code"]


def test_a_banned_user(js: JsClient, js_admin: JsClient) -> None:
    user = js("auth.signUp", SIGN_IN)["user"]
    js_admin("auth.admin.updateUserById", user["id"], {"ban_duration": "24h"})
    assert refused(js.error("auth.getUser")) == (403, "user_banned")
    assert refused(js.error("auth.refreshSession")) == (400, "user_banned")
    assert refused(js.error("auth.signInWithPassword", SIGN_IN)) == (400, "user_banned")


def test_a_deleted_user(js: JsClient, js_admin: JsClient) -> None:
    session = js("auth.signUp", SIGN_IN)["session"]
    js_admin("auth.admin.deleteUser", session["user"]["id"])
    assert refused(js.error("auth.updateUser", {"data": {}})) == (403, "user_not_found")
    assert refused(js.error("auth.getUser")) == (403, "user_not_found")
    assert refused(js.error("auth.refreshSession")) == (400, "refresh_token_not_found")
    js("auth.signOut")  # whoever is gone is signed out


@pytest.mark.supabase(auth=TIMEBOX)
def test_a_session_has_its_time(js: JsClient, backend: SupabaseBackend) -> None:
    js("auth.signUp", SIGN_IN)
    for _ in range(2):
        backend.clock.advance(hours=3)
        js("auth.refreshSession")
    backend.clock.advance(hours=3)
    assert refused(js.error("auth.refreshSession")) == (400, "session_expired")


@pytest.mark.supabase(auth=INACTIVITY)
def test_a_session_that_nobody_used(js: JsClient, backend: SupabaseBackend) -> None:
    js("auth.signUp", SIGN_IN)
    for _ in range(2):
        backend.clock.advance(hours=7)
        js("auth.refreshSession")
    backend.clock.advance(hours=9)
    assert refused(js.error("auth.refreshSession")) == (400, "session_expired")


@pytest.mark.supabase(auth=SINGLE)
def test_the_newest_session_is_the_only_one(node: NodeProcess, backend: SupabaseBackend) -> None:
    first, second = (node.create(backend.url, backend.publishable_key) for _ in range(2))
    first("auth.signUp", SIGN_IN)
    second("auth.signInWithPassword", SIGN_IN)
    assert second("auth.refreshSession")["session"]
    assert refused(first.error("auth.refreshSession")) == (400, "session_expired")


@pytest.mark.supabase(auth={"minimum_password_length": 20})
def test_a_password_that_became_too_weak(js: JsClient, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL, password="short one")
    answer = js("auth.signInWithPassword", {"email": EMAIL, "password": "short one"})
    assert answer["session"]
    assert answer["weakPassword"]["reasons"] == ["length"]


def pkce(node: NodeProcess, backend: SupabaseBackend) -> JsClient:
    return node.create(backend.url, backend.publishable_key, flowType="pkce")


@pytest.mark.supabase(auth={"email": {"enable_confirmations": True}})
def test_what_is_sent_again_needs_its_own_verifier(
    node: NodeProcess, backend: SupabaseBackend
) -> None:
    js = pkce(node, backend)
    js("auth.signUp", SIGN_IN)
    js("auth.resend", {"type": "signup", "email": EMAIL})
    end = query_of(redirect_of(backend.mailbox.latest(to=EMAIL).link))
    assert js("auth.exchangeCodeForSession", end["code"])["user"]["email"] == EMAIL


def test_a_magic_link_by_pkce(node: NodeProcess, backend: SupabaseBackend) -> None:
    js = pkce(node, backend)
    js("auth.signInWithOtp", {"email": EMAIL, "options": {"data": {"name": "Ann"}}})
    end = query_of(redirect_of(backend.mailbox.latest(to=EMAIL).link))
    user = js("auth.exchangeCodeForSession", end["code"])["user"]
    assert user["user_metadata"]["name"] == "Ann"
