"""@supabase/supabase-js, the official JavaScript client: sign-in with providers, and identities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from hipflask.testing import SupabaseBackend
from tests.contract import oauth
from tests.contract.js_client import JsClient, NodeProcess
from tests.contract.links import fragment_of, query_of, redirect_of
from tests.contract.oauth import HOME, go
from tests.local.auth.external.loopback_provider import Provider

ASK: dict[str, Any] = {"provider": "acme", "options": {"redirectTo": HOME}}


@pytest.fixture(autouse=True)
def provider(request: pytest.FixtureRequest) -> Iterator[Provider]:
    yield from oauth.serve(request.node)


def sign_in(js: JsClient) -> dict[str, Any]:
    """Sign in by the implicit flow and let the client keep the session."""
    tokens = fragment_of(go(js("auth.signInWithOAuth", ASK)["url"]))
    names = ("access_token", "refresh_token")
    session: dict[str, Any] = js("auth.setSession", {name: tokens[name] for name in names})
    return session


def test_implicit(js: JsClient) -> None:
    user = sign_in(js)["user"]
    assert user["email"] == "ada@example.com"
    assert user["app_metadata"]["providers"] == ["acme"]
    assert js("auth.getUserIdentities")["identities"][0]["provider"] == "acme"


def test_pkce(node: NodeProcess, backend: SupabaseBackend) -> None:
    js = node.create(backend.url, backend.publishable_key, flowType="pkce")
    end = go(js("auth.signInWithOAuth", ASK)["url"])
    assert end.startswith(HOME)
    session = js("auth.exchangeCodeForSession", query_of(end)["code"])["session"]
    assert (session["provider_token"], session["provider_refresh_token"]) == ("at-1", "rt-1")
    assert js("auth.getUser")["user"]["email"] == "ada@example.com"


def test_a_code_is_worthless_twice_and_elsewhere(
    node: NodeProcess, backend: SupabaseBackend
) -> None:
    first, second = (
        node.create(backend.url, backend.publishable_key, flowType="pkce") for _ in range(2)
    )
    code = query_of(go(first("auth.signInWithOAuth", ASK)["url"]))["code"]
    second("auth.signInWithOAuth", ASK)
    assert second.error("auth.exchangeCodeForSession", code)["code"] == "bad_code_verifier"
    first("auth.exchangeCodeForSession", code)
    first("auth.signInWithOAuth", ASK)
    assert first.error("auth.exchangeCodeForSession", code)["code"] == "flow_state_not_found"


def test_denied(js: JsClient) -> None:
    away = redirect_of(js("auth.signInWithOAuth", ASK)["url"])
    callback = query_of(away)["redirect_uri"]
    end = redirect_of(f"{callback}?state={query_of(away)['state']}&error=access_denied")
    assert end.startswith(HOME)
    assert query_of(end)["error"] == fragment_of(end)["error"] == "access_denied"


def test_links_and_unlinks(js: JsClient, provider: Provider) -> None:
    sign_in(js)
    provider.person |= {"sub": "b-1", "email": "other@example.com"}
    go(js("auth.linkIdentity", {**ASK, "provider": "beta"})["url"])
    identities = js("auth.getUserIdentities")["identities"]
    assert {one["provider"] for one in identities} == {"acme", "beta"}
    error = query_of(go(js("auth.linkIdentity", {**ASK, "provider": "beta"})["url"]))
    assert error["error_code"] == "identity_already_exists"
    beta = next(one for one in identities if one["provider"] == "beta")
    js("auth.unlinkIdentity", beta)
    (left,) = js("auth.getUserIdentities")["identities"]
    assert js.error("auth.unlinkIdentity", left)["code"] == "single_identity_not_deletable"


def test_an_identity_that_is_not_there(js: JsClient, provider: Provider) -> None:
    sign_in(js)
    provider.person["sub"] = "b-1"
    go(js("auth.linkIdentity", {**ASK, "provider": "beta"})["url"])
    error = js.error("auth.unlinkIdentity", {"identity_id": str(uuid4())})
    assert (error["status"], error["code"]) == (422, "identity_not_found")


def test_links_an_unknown_provider(js: JsClient) -> None:
    sign_in(js)
    error = js.error("auth.linkIdentity", {**ASK, "provider": "nobody"})
    assert error["code"] == "validation_failed"


@pytest.mark.supabase(auth={"enable_manual_linking": False})
def test_linking_is_off(js: JsClient, backend: SupabaseBackend) -> None:
    sign_in(js)
    assert js.error("auth.linkIdentity", ASK)["code"] == "manual_linking_disabled"


def test_signs_in_and_links_with_an_id_token(js: JsClient, provider: Provider) -> None:
    token = provider.id_token("acme", access_token="at-1")
    asked = {"provider": "acme", "token": token, "access_token": "at-1"}
    assert js("auth.signInWithIdToken", asked)["user"]["email"] == "ada@example.com"
    token = provider.id_token("beta", sub="b-1")
    linked = js("auth.linkIdentity", {"provider": "beta", "token": token})
    assert linked["user"]["app_metadata"]["providers"] == ["acme", "beta"]


def test_an_id_token_that_is_not_right(js: JsClient, provider: Provider) -> None:
    asked = {"provider": "acme", "token": provider.id_token("acme"), "nonce": "x"}
    assert "nonce" in js.error("auth.signInWithIdToken", asked)["message"]
    asked = {"provider": "acme", "token": provider.id_token("beta")}
    assert js.error("auth.signInWithIdToken", asked)["status"] == 400


def test_custom_providers(js_admin: JsClient, js: JsClient) -> None:
    made = {
        "provider_type": "oauth2",
        "identifier": "custom:acme",
        "name": "Acme",
        "client_id": "id",
        "client_secret": "hidden",
        "authorization_url": "https://1.1.1.1/authorize",
        "token_url": "https://1.1.1.1/token",
        "userinfo_url": "https://1.1.1.1/me",
    }
    assert (
        js_admin("auth.admin.customProviders.createProvider", made)["identifier"] == "custom:acme"
    )
    assert js_admin.error("auth.admin.customProviders.createProvider", made)["code"] == "conflict"
    assert len(js_admin("auth.admin.customProviders.listProviders")["providers"]) == 1
    changed = js_admin("auth.admin.customProviders.updateProvider", "custom:acme", {"name": "New"})
    assert changed["name"] == "New"
    assert js_admin("auth.admin.customProviders.getProvider", "custom:acme")["name"] == "New"
    js_admin("auth.admin.customProviders.deleteProvider", "custom:acme")
    error = js_admin.error("auth.admin.customProviders.getProvider", "custom:acme")
    assert error["code"] == "custom_provider_not_found"
    assert js.error("auth.admin.customProviders.listProviders")["status"] in (401, 403)
    for error in (
        js_admin.error("auth.admin.customProviders.updateProvider", "custom:acme", {"name": "X"}),
        js_admin.error("auth.admin.customProviders.deleteProvider", "custom:acme"),
    ):
        assert (error["status"], error["code"]) == (404, "custom_provider_not_found")
