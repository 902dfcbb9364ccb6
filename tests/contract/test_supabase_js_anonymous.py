"""@supabase/supabase-js: people without a name, and how they get one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hipflask.testing import SupabaseBackend
from tests.contract import oauth
from tests.contract.js_client import JsClient
from tests.contract.links import token_hash_of
from tests.contract.oauth import HOME, go
from tests.contract.phones import CONFIRMED, PHONE, code_to
from tests.local.auth.external.loopback_provider import Provider

EMAIL = "ann@example.com"
PASSWORD = "a long enough password"

pytestmark = pytest.mark.supabase(auth={**CONFIRMED, "enable_anonymous_sign_ins": True})


@pytest.fixture
def provider(request: pytest.FixtureRequest) -> Iterator[Provider]:
    yield from oauth.serve(request.node)


def names_of(user: dict[str, Any]) -> tuple[bool, list[str]]:
    """Return whether the user is anonymous, and the providers of the identities."""
    return user["is_anonymous"], [one["provider"] for one in user["identities"]]


def test_signs_in(js: JsClient) -> None:
    user = js("auth.signInAnonymously", {"options": {"data": {"colour": "red"}}})["user"]
    assert names_of(user) == (True, [])
    assert user["user_metadata"] == {"colour": "red"}
    claims = js("auth.getClaims")["claims"]
    assert (claims["is_anonymous"], claims["amr"][0]["method"]) == (True, "anonymous")
    assert js("auth.refreshSession")["user"]["id"] == user["id"]


@pytest.mark.supabase(auth={"enable_anonymous_sign_ins": False})
def test_is_off(js: JsClient) -> None:
    error = js.error("auth.signInAnonymously")
    assert (error["status"], error["code"]) == (422, "anonymous_provider_disabled")


def test_gets_a_name_by_mail_and_then_a_password(js: JsClient, backend: SupabaseBackend) -> None:
    first = js("auth.signInAnonymously")["user"]
    error = js.error("auth.updateUser", {"password": PASSWORD})
    assert (error["status"], error["code"]) == (422, "validation_failed")
    waiting = js("auth.updateUser", {"email": EMAIL})["user"]
    assert (waiting["email"], waiting["new_email"], waiting["is_anonymous"]) == ("", EMAIL, True)
    token_hash = token_hash_of(backend.mailbox.latest(to=EMAIL).link)
    user = js("auth.verifyOtp", {"token_hash": token_hash, "type": "email_change"})["user"]
    assert names_of(user) == (False, ["email"])
    js("auth.updateUser", {"password": PASSWORD})
    again = js("auth.signInWithPassword", {"email": EMAIL, "password": PASSWORD})["user"]
    assert again["id"] == first["id"]


@pytest.mark.supabase(auth={"email": {"enable_confirmations": False}})
def test_gets_a_name_at_once_without_confirmation(js: JsClient) -> None:
    js("auth.signInAnonymously")
    user = js("auth.updateUser", {"email": EMAIL, "password": PASSWORD})["user"]
    assert names_of(user) == (False, ["email"])


def test_gets_a_name_by_phone(js: JsClient, backend: SupabaseBackend) -> None:
    first = js("auth.signInAnonymously")["user"]
    js("auth.updateUser", {"phone": PHONE})
    proof = {"phone": PHONE, "token": code_to(backend), "type": "phone_change"}
    user = js("auth.verifyOtp", proof)["user"]
    assert names_of(user) == (False, ["phone"])
    assert user["id"] == first["id"]


def test_gets_a_name_from_a_provider(provider: Provider, js: JsClient) -> None:
    first = js("auth.signInAnonymously")["user"]
    go(js("auth.linkIdentity", {"provider": "acme", "options": {"redirectTo": HOME}})["url"])
    user = js("auth.refreshSession")["user"]
    assert names_of(user) == (False, ["acme"])
    assert (user["id"], user["email"]) == (first["id"], provider.person["email"])
    assert js("auth.getClaims")["claims"]["is_anonymous"] is False


def test_a_name_belongs_to_one(js: JsClient, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL)
    js("auth.signInAnonymously")
    error = js.error("auth.updateUser", {"email": EMAIL})
    assert (error["status"], error["code"]) == (422, "email_exists")


def test_has_nothing_to_reauthenticate_with(js: JsClient) -> None:
    js("auth.signInAnonymously")
    error = js.error("auth.reauthenticate")
    assert (error["status"], error["code"]) == (400, "validation_failed")
