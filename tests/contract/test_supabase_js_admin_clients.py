"""@supabase/supabase-js with the secret key: applications, providers and passkeys."""

from __future__ import annotations

from typing import Any

import pytest

from hipflask.testing import SupabaseBackend
from tests.contract.js_client import JsClient, NodeProcess
from tests.local.auth.passkeys.authenticator import Authenticator
from tests.local.auth.passkeys.conftest import ON

BACK = "https://app.example/back"
NOBODY = "3f0a4c1e-0000-4000-8000-000000000000"
BAD = (400, "validation_failed")
ACME = {
    "provider_type": "oauth2",
    "identifier": "custom:acme",
    "name": "Acme",
    "client_id": "id",
    "client_secret": "hidden",
    "authorization_url": "https://1.1.1.1/authorize",
    "token_url": "https://1.1.1.1/token",
    "userinfo_url": "https://1.1.1.1/me",
}

with_oauth_server = pytest.mark.supabase(auth={"oauth_server": {"enabled": True}})
with_passkeys = pytest.mark.supabase(auth={**ON, "email": {"enable_confirmations": False}})


def refused(error: dict[str, Any]) -> tuple[int, str]:
    return error["status"], error["code"]


@with_oauth_server
def test_a_client_from_its_registration_to_its_end(js_admin: JsClient) -> None:
    asked = {
        "client_name": "App",
        "client_uri": "https://app.example",
        "redirect_uris": [BACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": "openid",
    }
    made = js_admin("auth.admin.oauth.createClient", asked)
    assert (made["client_name"], made["client_type"]) == ("App", "confidential")
    assert made["registration_type"] == "manual"
    client_id = made["client_id"]
    shown = js_admin("auth.admin.oauth.getClient", client_id)
    assert shown == {name: value for name, value in made.items() if name != "client_secret"}
    assert js_admin("auth.admin.oauth.listClients")["clients"] == [shown]
    changed = js_admin(
        "auth.admin.oauth.updateClient",
        client_id,
        {"client_name": "New", "redirect_uris": [f"{BACK}/2"]},
    )
    assert (changed["client_name"], changed["redirect_uris"]) == ("New", [f"{BACK}/2"])
    fresh = js_admin("auth.admin.oauth.regenerateClientSecret", client_id)
    assert fresh["client_secret"] != made["client_secret"]
    js_admin("auth.admin.oauth.deleteClient", client_id)
    left = js_admin("auth.admin.oauth.listClients")
    assert "clients" not in left, "GoTrue leaves an empty list out"


@with_oauth_server
@pytest.mark.parametrize("client_id", [NOBODY, "no id"])
def test_clients_that_are_not_there(js_admin: JsClient, client_id: str) -> None:
    answer = (404, "oauth_client_not_found") if client_id == NOBODY else BAD
    for error in (
        js_admin.error("auth.admin.oauth.getClient", client_id),
        js_admin.error("auth.admin.oauth.updateClient", client_id, {"client_name": "x"}),
        js_admin.error("auth.admin.oauth.deleteClient", client_id),
        js_admin.error("auth.admin.oauth.regenerateClientSecret", client_id),
    ):
        assert refused(error) == answer


@with_oauth_server
def test_clients_that_are_not_made_or_changed(js_admin: JsClient, js: JsClient) -> None:
    for asked in (
        {"client_name": "App", "redirect_uris": []},
        {"client_name": "App", "redirect_uris": ["javascript:alert(1)"]},
        {"client_name": "App", "redirect_uris": [BACK], "grant_types": ["password"]},
    ):
        assert refused(js_admin.error("auth.admin.oauth.createClient", asked)) == BAD
    public = {
        "client_name": "App",
        "redirect_uris": [BACK],
        "token_endpoint_auth_method": "none",
    }
    client_id = js_admin("auth.admin.oauth.createClient", public)["client_id"]
    error = js_admin.error("auth.admin.oauth.regenerateClientSecret", client_id)
    assert (refused(error), error["message"]) == (
        BAD,
        "Cannot regenerate secret for public client",
    )
    assert refused(js_admin.error("auth.admin.oauth.updateClient", client_id, {})) == BAD
    assert js.error("auth.admin.oauth.listClients")["status"] in (401, 403)


def test_without_the_oauth_server(js_admin: JsClient) -> None:
    for error in (
        js_admin.error("auth.admin.oauth.listClients"),
        js_admin.error("auth.admin.oauth.createClient", {"redirect_uris": [BACK]}),
    ):
        assert refused(error) == (404, "feature_disabled")


def test_a_custom_provider_is_listed_by_type(js_admin: JsClient) -> None:
    js_admin("auth.admin.customProviders.createProvider", ACME)
    for kind, count in (("oauth2", 1), ("oidc", 0)):
        listed = js_admin("auth.admin.customProviders.listProviders", {"type": kind})
        assert len(listed["providers"]) == count
    error = js_admin.error("auth.admin.customProviders.listProviders", {"type": "saml"})
    assert refused(error) == BAD


@pytest.mark.parametrize(
    "change",
    [
        {"provider_type": "saml"},
        {"identifier": "acme"},
        {"client_secret": ""},
        {"token_url": "http://1.1.1.1/token"},
        {"token_url": "https://127.0.0.1/token"},
        {"attribute_mapping": {"role": "role"}},
        {"authorization_params": {"redirect_uri": "https://evil.example"}},
    ],
)
def test_custom_providers_that_are_not_taken(js_admin: JsClient, change: dict[str, Any]) -> None:
    error = js_admin.error("auth.admin.customProviders.createProvider", {**ACME, **change})
    assert refused(error) == BAD


def test_custom_providers_that_are_not_there(js_admin: JsClient) -> None:
    for error in (
        js_admin.error("auth.admin.customProviders.getProvider", "custom:none"),
        js_admin.error("auth.admin.customProviders.updateProvider", "custom:none", {"name": "x"}),
        js_admin.error("auth.admin.customProviders.deleteProvider", "custom:none"),
    ):
        assert refused(error) == (404, "custom_provider_not_found")
    js_admin("auth.admin.customProviders.createProvider", ACME)
    error = js_admin.error(
        "auth.admin.customProviders.updateProvider",
        "custom:acme",
        {"token_url": "https://localhost/token"},
    )
    assert refused(error) == BAD


@with_passkeys
def test_the_passkeys_of_a_user(node: NodeProcess, backend: SupabaseBackend) -> None:
    on = {"experimental": {"passkey": True}}
    user = node.create(backend.url, backend.publishable_key, **on)
    admin = node.create(backend.url, backend.secret_key, persistSession=False, **on)
    ada = user("auth.signUp", {"email": "ada@example.com", "password": "correct horse battery"})
    whose = {"userId": ada["user"]["id"]}
    assert admin("auth.admin.passkey.listPasskeys", whose) == []
    asked = user("auth.passkey.startRegistration")
    shown = {
        "challengeId": asked["challenge_id"],
        "credential": Authenticator().create(asked["options"]),
    }
    made = user("auth.passkey.verifyRegistration", shown)
    (listed,) = admin("auth.admin.passkey.listPasskeys", whose)
    assert listed["id"] == made["id"]
    wrong = admin.error("auth.admin.passkey.deletePasskey", {**whose, "passkeyId": NOBODY})
    assert refused(wrong) == (404, "validation_failed")
    admin("auth.admin.passkey.deletePasskey", {**whose, "passkeyId": made["id"]})
    assert admin("auth.admin.passkey.listPasskeys", whose) == []
    nobody = admin.error("auth.admin.passkey.listPasskeys", {"userId": NOBODY})
    assert refused(nobody) == (404, "user_not_found")
    visitor = user.error("auth.admin.passkey.listPasskeys", whose)
    assert refused(visitor) == (403, "not_admin")
