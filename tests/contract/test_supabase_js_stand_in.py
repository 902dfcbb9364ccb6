"""@supabase/supabase-js signs in at the stand-in for Google, as it would at Google itself."""

from __future__ import annotations

from typing import Any

import pytest

from hipflask.local.config.auth import ExternalConfig
from hipflask.local.identity import CLIENT_ID, CLIENT_SECRET
from hipflask.testing import SupabaseBackend
from starter.tests.provider import at_provider
from tests.contract.js_client import JsClient, NodeProcess
from tests.contract.links import query_of
from tests.contract.relying_party import WELL_KNOWN, RelyingParty

HOME = "http://127.0.0.1:8080/auth/callback"
pytestmark = pytest.mark.supabase(
    auth={"site_url": HOME, "external": {"google": ExternalConfig(True)}}
)
OFFLINE = {"access_type": "offline", "prompt": "consent"}


def signed_in(js: JsClient, parameters: dict[str, str]) -> Any:
    """Sign in as Ada, with parameters for Google."""
    options = {"redirectTo": HOME, "queryParams": parameters}
    url = js("auth.signInWithOAuth", {"provider": "google", "options": options})["url"]
    return js("auth.exchangeCodeForSession", query_of(at_provider(url))["code"])["session"]


@pytest.fixture
def js(node: NodeProcess, backend: SupabaseBackend) -> JsClient:
    return node.create(backend.url, backend.publishable_key, flowType="pkce")


def test_googles_refresh_token_reaches_the_application(
    js: JsClient, backend: SupabaseBackend
) -> None:
    session = signed_in(js, OFFLINE)
    google = RelyingParty(
        f"{backend.identity_url}/google{WELL_KNOWN}",
        {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "token_endpoint_auth_method": "client_secret_post",
        },
        HOME,
    )
    held = {"access_token": session["provider_token"], "token_type": "Bearer"}
    assert google.userinfo(held)[1]["email"] == "ada@example.com"
    again = google.refreshed({**held, "refresh_token": session["provider_refresh_token"]})
    assert google.userinfo(again)[1]["hd"] == "example.com"


def test_without_asking_there_is_none(js: JsClient) -> None:
    signed_in(js, OFFLINE)
    for parameters in ({}, {"access_type": "offline"}):
        assert not signed_in(js, parameters).get("provider_refresh_token")


def test_the_workspace_is_told(js: JsClient) -> None:
    told = signed_in(js, {"hd": "example.com"})["user"]["user_metadata"]
    assert told["custom_claims"] == {"hd": "example.com"}
