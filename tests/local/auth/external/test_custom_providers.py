"""/admin/custom-providers, and what a custom provider makes of claims."""

from __future__ import annotations

from typing import Any

import pytest

from hipflask.local.auth.external import custom_providers
from hipflask.local.auth.external.endpoints import Directory, Endpoints
from hipflask.local.auth.external.outbound import Outbound, ProviderFailure, require_public
from hipflask.local.auth.external.provider import Provider as Client
from hipflask.local.auth.external.provider import Visit
from tests.local.auth.external.conftest import query_of
from tests.local.auth.external.loopback_provider import CLIENT, SECRET, Provider
from tests.local.auth.service import AuthService, Reply, assert_refused

PATH = "/admin/custom-providers"
#: An address literal needs no name service; nothing is sent there.
HOST = "https://1.1.1.1"
ACME: dict[str, Any] = {
    "provider_type": "oauth2",
    "identifier": "custom:acme",
    "name": "Acme",
    "client_id": "id",
    "client_secret": "hidden",
    "scopes": ["read"],
    "authorization_url": f"{HOST}/authorize",
    "token_url": f"{HOST}/token",
    "userinfo_url": f"{HOST}/me",
}


@pytest.fixture
def admin(auth: AuthService) -> AuthService:
    auth.database.execute("truncate auth.custom_oauth_providers, auth.oauth_client_states")
    return auth


def create(auth: AuthService, **changes: Any) -> Reply:
    return auth.post(PATH, {**ACME, **changes}, bearer=auth.service_role)


def test_create_read_list_change_delete(admin: AuthService) -> None:
    made = create(admin)
    assert made.status_code == 201
    assert made.json["pkce_enabled"] is True
    assert "client_secret" not in made.json
    at, bearer = f"{PATH}/custom:acme", admin.service_role
    assert admin.get(at, bearer=bearer).json == made.json
    assert admin.get(PATH, bearer=bearer).json == {"providers": [made.json]}
    assert admin.get(f"{PATH}?type=oidc", bearer=bearer).json == {"providers": []}
    changed = admin.put(at, {"name": "New", "enabled": False}, bearer=bearer)
    assert (changed.json["name"], changed.json["enabled"]) == ("New", False)
    assert_refused(create(admin), 400, "conflict")
    assert admin.delete(at, bearer=bearer).status_code == 204
    assert_refused(admin.delete(at, bearer=bearer), 404, "custom_provider_not_found")
    assert_refused(admin.get(at, bearer=bearer), 404, "custom_provider_not_found")
    assert_refused(admin.put(at, {}, bearer=bearer), 404, "custom_provider_not_found")


def test_leads_there_with_a_challenge(admin: AuthService) -> None:
    create(admin, authorization_params={"audience": "api"})
    answer = admin.get("/authorize?provider=custom:acme")
    asked = query_of(answer.headers["Location"])
    assert answer.headers["Location"].startswith(f"{HOST}/authorize?")
    assert (asked["scope"], asked["audience"]) == ("read", "api")
    assert asked["code_challenge_method"] == "S256"
    assert admin.count("auth.oauth_client_states") == 1
    admin.put(f"{PATH}/custom:acme", {"enabled": False}, bearer=admin.service_role)
    said = "Unsupported provider: custom provider custom:acme is disabled"
    assert_refused(admin.get("/authorize?provider=custom:acme"), 400, "validation_failed", said)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"provider_type": "saml"}, "provider_type must be either 'oauth2' or 'oidc'"),
        ({"identifier": ""}, "identifier is required"),
        (
            {"identifier": "acme"},
            "identifier must start with 'custom:' prefix, e.g. 'custom:acme'",
        ),
        ({"client_secret": ""}, "client_secret is required"),
        ({"token_url": ""}, "token_url is required for OAuth2 providers"),
        ({"provider_type": "oidc"}, "issuer is required for OIDC providers"),
        ({"token_url": "http://1.1.1.1"}, "URL must use HTTPS"),
        (
            {"token_url": "https://127.0.0.1"},
            "URL cannot point to localhost or loopback addresses",
        ),
        (
            {"authorization_params": {"state": "x"}},
            "Cannot override reserved OAuth parameter: state",
        ),
        ({"attribute_mapping": {"role": "x"}}, "Cannot map to protected system field: role"),
        (
            {"custom_claims_allowlist": [" "]},
            "custom_claims_allowlist entries must be non-empty strings",
        ),
    ],
)
def test_what_is_not_taken(admin: AuthService, changes: dict[str, Any], said: str) -> None:
    assert_refused(create(admin, **changes), 400, "validation_failed", said)


def test_only_for_administrators(admin: AuthService) -> None:
    assert_refused(admin.get(PATH), 401, "no_authorization")
    bearer = admin.sign_up()["access_token"]
    assert_refused(admin.post(PATH, ACME, bearer=bearer), 403, "not_admin")


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/x",
        "https://a.localhost",
        "https://10.0.0.1",
        "https://192.168.1.1",
        "https://169.254.169.254/latest",
        "https://[::1]",
        "https://[::ffff:127.0.0.1]",
        "https://0.0.0.0",
        "https://2130706433",
        "https://",
        "ftp://1.1.1.1",
    ],
)
def test_addresses_of_ones_own_network(url: str) -> None:
    with pytest.raises(ProviderFailure):
        require_public(url)


@pytest.mark.parametrize("kind", ["oidc", "oauth2"])
def test_claims_are_renamed_and_kept(provider: Provider, kind: str) -> None:
    provider.person |= {"groups": ["staff"], "nickname": "A"}
    at = provider.issuer("acme")
    endpoints = Endpoints(at, f"{at}/authorize", f"{at}/token", f"{at}/userinfo", f"{at}/jwks")
    read = custom_providers.reader(kind, {"user_name": "nickname", "gender": 7}, ("groups",))
    client = Client("custom:acme", (CLIENT,), SECRET, endpoints, "https://app", ("x",), read)
    came = provider.consent(client.address("state", {}, "verifier"))
    outbound = Outbound()
    with pytest.raises(ProviderFailure):
        client.exchange(outbound, came["code"], "another verifier")
    came = provider.consent(client.address("state", {}, "verifier"))
    tokens = client.exchange(outbound, came["code"], "verifier")
    directory = Directory(outbound, provider.clock)
    profile = read(Visit(client, tokens, outbound, directory, provider.clock.now()))
    assert profile.claims["user_name"] == "A"
    assert profile.claims["custom_claims"] == {"groups": ["staff"]}
    assert "gender" not in profile.claims
    assert profile.subject == "g-1"
