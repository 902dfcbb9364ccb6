"""@supabase/supabase-js: the consent page and the clients of the OAuth server."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from hipflask.testing import SupabaseBackend
from tests.contract.js_client import JsClient
from tests.contract.links import query_of

BACK = "https://app.example/back"
EMAIL = "ann@example.com"
PASSWORD = "a long enough password"
pytestmark = pytest.mark.supabase(
    auth={"oauth_server": {"enabled": True}, "email": {"enable_confirmations": False}}
)


def asked(backend: SupabaseBackend, client: Any, scope: str = "email") -> str:
    query = urlencode(
        {
            "client_id": client["client_id"],
            "redirect_uri": BACK,
            "scope": scope,
            "code_challenge": "c" * 43,
            "code_challenge_method": "S256",
        }
    )
    # An application sends the browser, which has no API key.
    answer = backend.request("GET", f"/auth/v1/oauth/authorize?{query}")
    assert answer.status_code == 302
    return str(query_of(answer.headers["Location"])["authorization_id"])


def test_consent_and_grants(js: JsClient, js_admin: JsClient, backend: SupabaseBackend) -> None:
    client = js_admin(
        "auth.admin.oauth.createClient", {"client_name": "A", "redirect_uris": [BACK]}
    )
    js("auth.signUp", {"email": EMAIL, "password": PASSWORD})
    first = asked(backend, client)
    assert js("auth.oauth.getAuthorizationDetails", first)["client"]["name"] == "A"
    skip = {"skipBrowserRedirect": True}
    denied = js("auth.oauth.denyAuthorization", first, skip)["redirect_url"]
    assert query_of(denied)["error"] == "access_denied"
    second = asked(backend, client)
    js("auth.oauth.getAuthorizationDetails", second)
    approved = js("auth.oauth.approveAuthorization", second, skip)["redirect_url"]
    assert query_of(approved)["code"]
    (grant,) = js("auth.oauth.listGrants")
    assert grant["scopes"] == ["email"]
    js("auth.oauth.revokeGrant", {"clientId": client["client_id"]})
    assert js("auth.oauth.listGrants") == []
    error = js.error("auth.oauth.getAuthorizationDetails", "unknown")
    assert (error["status"], error["code"]) == (404, "oauth_authorization_not_found")


def test_a_request_is_answered_once_and_by_its_user(
    js: JsClient, js_admin: JsClient, backend: SupabaseBackend
) -> None:
    client = js_admin(
        "auth.admin.oauth.createClient", {"client_name": "A", "redirect_uris": [BACK]}
    )
    first, second = asked(backend, client), asked(backend, client)
    for error in (
        js.error("auth.oauth.getAuthorizationDetails", first),
        js.error("auth.oauth.approveAuthorization", first),
        js.error("auth.oauth.listGrants"),
    ):
        assert error["name"] == "AuthSessionMissingError"
    js("auth.signUp", {"email": EMAIL, "password": PASSWORD})
    for one in (first, second):  # who looks first owns the request
        js("auth.oauth.getAuthorizationDetails", one)
    js("auth.oauth.denyAuthorization", first)
    again = js.error("auth.oauth.approveAuthorization", first)
    assert (again["status"], again["code"]) == (400, "validation_failed")
    js("auth.signUp", {"email": "bob@example.com", "password": PASSWORD})
    for error in (
        js.error("auth.oauth.approveAuthorization", second),
        js.error("auth.oauth.denyAuthorization", second),
        js.error("auth.oauth.getAuthorizationDetails", second),
    ):
        assert (error["status"], error["code"]) == (404, "oauth_authorization_not_found")


def test_a_grant_that_nobody_gave(js: JsClient) -> None:
    js("auth.signUp", {"email": EMAIL, "password": PASSWORD})
    unknown = {"clientId": "3f0a4c1e-0000-4000-8000-000000000000"}
    error = js.error("auth.oauth.revokeGrant", unknown)
    assert (error["status"], error["code"]) == (404, "oauth_consent_not_found")
    error = js.error("auth.oauth.revokeGrant", {"clientId": "no uuid"})
    assert (error["status"], error["code"]) == (400, "validation_failed")


def test_admin_keeps_clients(js_admin: JsClient) -> None:
    wanted = {"client_name": "App", "redirect_uris": [BACK]}
    made = js_admin("auth.admin.oauth.createClient", wanted)
    known = made["client_id"]
    assert made["client_secret"]
    shown = js_admin("auth.admin.oauth.getClient", known)
    assert (shown["client_name"], "client_secret" in shown) == ("App", False)
    (listed,) = js_admin("auth.admin.oauth.listClients")["clients"]
    assert listed["client_id"] == known
    changed = js_admin("auth.admin.oauth.updateClient", known, {"client_name": "New"})
    assert (changed["client_name"], changed["redirect_uris"]) == ("New", [BACK])
    fresh = js_admin("auth.admin.oauth.regenerateClientSecret", known)["client_secret"]
    assert fresh not in (None, made["client_secret"])
    js_admin("auth.admin.oauth.deleteClient", known)
    for error in (
        js_admin.error("auth.admin.oauth.getClient", known),
        js_admin.error("auth.admin.oauth.updateClient", known, {"client_name": "New"}),
        js_admin.error("auth.admin.oauth.regenerateClientSecret", known),
        js_admin.error("auth.admin.oauth.deleteClient", known),
    ):
        assert (error["status"], error["code"]) == (404, "oauth_client_not_found")
    error = js_admin.error("auth.admin.oauth.createClient", {"client_name": "App"})
    assert (error["status"], error["code"]) == (400, "validation_failed")


def test_a_visitor_keeps_none(js: JsClient) -> None:
    assert js.error("auth.admin.oauth.listClients")["status"] in (401, 403)
