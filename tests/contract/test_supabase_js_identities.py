"""@supabase/supabase-js: one person, several identities: address, phone, providers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hipflask.testing import SupabaseBackend
from tests.contract import oauth
from tests.contract.js_client import JsClient, NodeProcess
from tests.contract.links import fragment_of, query_of
from tests.contract.oauth import HOME, go
from tests.contract.phones import PHONE, code_to
from tests.local.auth.external.loopback_provider import Provider

EMAIL = "ada@example.com"
PASSWORD = "a long enough password"
SIGN_UP = {"email": EMAIL, "password": PASSWORD}
ASK: dict[str, Any] = {"provider": "acme", "options": {"redirectTo": HOME}}

pytestmark = pytest.mark.supabase(
    auth={"sms": {"enable_signup": True, "enable_confirmations": True}}
)


@pytest.fixture(autouse=True)
def provider(request: pytest.FixtureRequest) -> Iterator[Provider]:
    yield from oauth.serve(request.node)


def refused(error: dict[str, Any]) -> tuple[int, str]:
    return error["status"], error["code"]


def sign_up(js: JsClient, backend: SupabaseBackend) -> dict[str, Any]:
    """Sign up by address, prove it and return the user."""
    js("auth.signUp", SIGN_UP)
    shown = {"email": EMAIL, "token": backend.mailbox.latest(to=EMAIL).code, "type": "signup"}
    user: dict[str, Any] = js("auth.verifyOtp", shown)["user"]
    return user


def identity(js: JsClient, name: str) -> dict[str, Any]:
    identities = js("auth.getUserIdentities")["identities"]
    found: dict[str, Any] = next(one for one in identities if one["provider"] == name)
    return found


def test_a_password_stays_when_its_identity_goes(js: JsClient, backend: SupabaseBackend) -> None:
    user = sign_up(js, backend)
    token = fragment_of(go(js("auth.signInWithOAuth", ASK)["url"]))["access_token"]
    assert js("auth.getUser", token)["user"]["id"] == user["id"]  # linked by the proved address
    js("auth.unlinkIdentity", identity(js, "email"))
    left = js("auth.refreshSession")["user"]
    assert (left["email"], left["app_metadata"]["providers"]) == (EMAIL, ["acme"])
    assert js("auth.signInWithPassword", SIGN_UP)["user"]["id"] == user["id"]


def test_a_phone_goes_with_its_identity(js: JsClient, backend: SupabaseBackend) -> None:
    sign_up(js, backend)
    js("auth.updateUser", {"phone": PHONE})
    js("auth.verifyOtp", {"phone": PHONE, "token": code_to(backend), "type": "phone_change"})
    assert identity(js, "phone")["identity_data"]["phone"] == PHONE
    js("auth.unlinkIdentity", identity(js, "phone"))
    user = js("auth.getUser")["user"]
    assert (user["phone"], "phone_confirmed_at" in user) == ("", False)


def test_an_identity_of_somebody_else(
    node: NodeProcess, js: JsClient, backend: SupabaseBackend, provider: Provider
) -> None:
    sign_up(js, backend)
    assert refused(js.error("auth.unlinkIdentity", {"identity_id": "no uuid"})) == (
        404,
        "validation_failed",
    )
    other = node.create(backend.url, backend.publishable_key)
    asked = {"provider": "beta", "token": provider.id_token("beta", sub="b", email="b@b.example")}
    other("auth.signInWithIdToken", asked)
    error = js.error("auth.linkIdentity", asked)
    assert refused(error) == (422, "identity_already_exists")
    other("auth.linkIdentity", {"provider": "acme", "token": provider.id_token("acme", sub="c")})
    foreign = js("auth.getUserIdentities")["identities"][0]
    error = other.error("auth.unlinkIdentity", foreign)
    assert refused(error) == (422, "identity_not_found")


def test_links_by_pkce(node: NodeProcess, backend: SupabaseBackend, provider: Provider) -> None:
    js = node.create(backend.url, backend.publishable_key, flowType="pkce")
    user = sign_up(js, backend)
    provider.person["email"] = "other@example.com"
    end = query_of(go(js("auth.linkIdentity", ASK)["url"]))
    session = js("auth.exchangeCodeForSession", end["code"])["session"]
    assert (session["user"]["id"], session["user"]["email"]) == (user["id"], EMAIL)
    assert session["provider_token"] == "at-1"
    assert set(session["user"]["app_metadata"]["providers"]) == {"email", "acme"}


@pytest.mark.supabase(auth={"enable_signup": False})
def test_nobody_new_when_sign_up_is_closed(
    js: JsClient, backend: SupabaseBackend, provider: Provider
) -> None:
    end = go(js("auth.signInWithOAuth", ASK)["url"])
    for where in (query_of(end), fragment_of(end)):
        assert (where["error"], where["error_code"]) == ("access_denied", "signup_disabled")
    token = {"provider": "acme", "token": provider.id_token("acme")}
    assert refused(js.error("auth.signInWithIdToken", token)) == (422, "signup_disabled")
    known = backend.create_user(EMAIL)
    assert js("auth.signInWithIdToken", token)["user"]["id"] == known.id


def test_signing_up_again(js: JsClient, backend: SupabaseBackend) -> None:
    first = js("auth.signUp", SIGN_UP)["user"]
    again = js("auth.signUp", {**SIGN_UP, "password": "of somebody else"})["user"]
    assert again["id"] == first["id"]
    assert len(backend.mailbox.messages(to=EMAIL)) == 2
    shown = {"email": EMAIL, "token": backend.mailbox.latest(to=EMAIL).code, "type": "signup"}
    js("auth.verifyOtp", shown)
    hidden = js("auth.signUp", SIGN_UP)["user"]
    assert (hidden["identities"], hidden["id"] == first["id"]) == ([], False)
    assert len(backend.mailbox.messages(to=EMAIL)) == 2


def test_an_unproved_address_is_taken_over_by_who_proves_it(
    js: JsClient, backend: SupabaseBackend, provider: Provider
) -> None:
    """Else whoever signed up first would keep a password to the account of its owner."""
    squatter = js("auth.signUp", SIGN_UP)["user"]
    token = {"provider": "acme", "token": provider.id_token("acme")}
    owner = js("auth.signInWithIdToken", token)["user"]
    assert owner["id"] == squatter["id"]
    assert [one["provider"] for one in owner["identities"]] == ["acme"]
    assert refused(js.error("auth.signInWithPassword", SIGN_UP)) == (400, "invalid_credentials")
