"""@supabase/supabase-js: what the project has not switched on says so, and is no missing page."""

from __future__ import annotations

from typing import Any

import pytest

from hipflask.testing import SupabaseBackend
from tests.contract.js_client import JsClient, NodeProcess, Thrown

PROVIDER = "3f0a4c1e-0000-4000-8000-000000000000"
OFF = {"enroll_enabled": False, "verify_enabled": False}
PERSON = {"email": "ann@example.com", "password": "a long enough password"}

pytestmark = pytest.mark.supabase(
    auth={
        "email": {"enable_confirmations": False},
        "mfa": {"totp": OFF, "phone": OFF, "web_authn": OFF},
        "passkey": {"enabled": False},
        "oauth_server": {"enabled": False},
        "external": {},
    }
)


def refused(error: dict[str, Any]) -> tuple[int, str]:
    return error["status"], error["code"]


def test_single_sign_on(js: JsClient) -> None:
    off = (404, "saml_provider_disabled")
    assert refused(js.error("auth.signInWithSSO", {"domain": "example.com"})) == off
    assert refused(js.error("auth.signInWithSSO", {"providerId": PROVIDER})) == off


@pytest.mark.parametrize("chain", ["ethereum", "solana"])
def test_wallets(js: JsClient, chain: str) -> None:
    message = "example.com wants you to sign in with your account:"
    signature = {"$body": "Uint8Array", "text": "x" * 64} if chain == "solana" else "0x00"
    asked = {"chain": chain, "message": message, "signature": signature}
    assert refused(js.error("auth.signInWithWeb3", asked)) == (422, "web3_provider_disabled")


def test_id_tokens(js: JsClient) -> None:
    error = js.error("auth.signInWithIdToken", {"provider": "google", "token": "a.b.c"})
    assert refused(error) == (400, "provider_disabled")


def test_second_factors(js: JsClient) -> None:
    js("auth.signUp", PERSON)
    for kind, more in (("totp", {}), ("phone", {"phone": "41790000001"}), ("webauthn", {})):
        error = js.error("auth.mfa.enroll", {"factorType": kind, "friendlyName": "x", **more})
        assert refused(error) == (422, f"mfa_{kind}_enroll_not_enabled")


def test_the_oauth_server(js: JsClient) -> None:
    js("auth.signUp", PERSON)
    off = (404, "feature_disabled")
    assert refused(js.error("auth.oauth.listGrants")) == off
    assert refused(js.error("auth.oauth.revokeGrant", {"clientId": PROVIDER})) == off
    assert refused(js.error("auth.oauth.getAuthorizationDetails", PROVIDER)) == off
    assert refused(js.error("auth.oauth.approveAuthorization", PROVIDER)) == off
    assert refused(js.error("auth.oauth.denyAuthorization", PROVIDER)) == off


def test_passkeys(node: NodeProcess, js: JsClient, backend: SupabaseBackend) -> None:
    with pytest.raises(Thrown, match="experimental"):
        js("auth.passkey.startAuthentication")
    js = node.create(backend.url, backend.publishable_key, experimental={"passkey": True})
    js("auth.signUp", PERSON)
    off = (404, "passkey_disabled")
    assert refused(js.error("auth.passkey.startAuthentication")) == off
    assert refused(js.error("auth.passkey.startRegistration")) == off
    assert refused(js.error("auth.passkey.list")) == off


@pytest.mark.supabase(auth={"email": {"enable_signup": False}})
def test_addresses(js: JsClient) -> None:
    assert refused(js.error("auth.signUp", PERSON)) == (400, "email_provider_disabled")
    assert refused(js.error("auth.signInWithOtp", PERSON)) == (422, "email_provider_disabled")
    error = js.error("auth.signInWithPassword", PERSON)
    assert refused(error) == (422, "email_provider_disabled")
