"""From /authorize over the provider to /callback and home."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from datetime import timedelta
from uuid import uuid4

import pytest

from hipflask.local.auth.external.endpoints import Endpoints
from hipflask.local.config.auth import ExternalConfig
from tests.local.auth.external.conftest import HOME, Journey, Travel, fragment_of, query_of
from tests.local.auth.external.loopback_provider import CLIENT, SECRET, Provider
from tests.local.auth.service import assert_refused, claims_of

VERIFIER = "v" * 64
CHALLENGE = {
    "code_challenge": urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    .rstrip(b"=")
    .decode(),
    "code_challenge_method": "s256",
}


def test_the_way_to_the_provider(journey: Journey) -> None:
    address = journey.leave(scopes="calendar,mail", prompt="consent", state="forged", apikey="key")
    asked = query_of(address)
    assert address.startswith(f"{journey.provider.base}/google/authorize?")
    assert asked["client_id"] == CLIENT
    assert asked["redirect_uri"] == f"{journey.auth.context.external_url}/callback"
    assert asked["scope"] == "openid email profile calendar mail"
    assert asked["prompt"] == "consent"
    assert asked["state"] != "forged"
    assert "apikey" not in asked


def test_implicit_ends_with_tokens(journey: Journey) -> None:
    end = journey.go()
    values = fragment_of(end)
    assert end.startswith(f"{HOME}#")
    assert (values["provider_token"], values["provider_refresh_token"]) == ("at-1", "rt-1")
    user = journey.auth.get("/user", bearer=values["access_token"]).json
    assert user["email"] == "ada@example.com"
    assert user["app_metadata"] == {"provider": "google", "providers": ["google"]}
    assert user["user_metadata"]["full_name"] == "Ada L"
    assert user["user_metadata"]["email_verified"] is True
    (identity,) = user["identities"]
    assert (identity["provider"], identity["id"]) == ("google", "g-1")
    assert identity["identity_data"]["avatar_url"] == "https://pictures.example/ada.png"
    assert claims_of(values["access_token"])["amr"][0]["method"] == "oauth"
    assert journey.auth.audit_actions() == ["user_signedup"]
    assert journey.auth.count("auth.flow_state") == 0


def test_pkce_ends_with_a_code_that_works_once(journey: Journey) -> None:
    end = journey.go(**CHALLENGE)
    assert "#" not in end
    body = {"auth_code": query_of(end)["code"], "code_verifier": VERIFIER}
    wrong = journey.auth.post("/token?grant_type=pkce", {**body, "code_verifier": "w" * 64})
    assert_refused(wrong, 400, "bad_code_verifier")
    tokens = journey.auth.post("/token?grant_type=pkce", body)
    assert tokens.json["provider_token"] == "at-1"
    assert tokens.json["provider_refresh_token"] == "rt-1"
    assert tokens.json["user"]["email"] == "ada@example.com"
    assert_refused(journey.auth.post("/token?grant_type=pkce", body), 404, "flow_state_not_found")


def test_github_stand_in_has_githubs_fields(journey: Journey) -> None:
    values = fragment_of(journey.go("github"))
    data = journey.auth.get("/user", bearer=values["access_token"]).json["user_metadata"]
    assert (data["user_name"], data["preferred_username"]) == ("ada", "ada")


def test_github_itself(travel: Travel, provider: Provider) -> None:
    settings = ExternalConfig(enabled=True, client_id=CLIENT, secret=SECRET)
    at = provider.issuer("gh")
    endpoints = Endpoints(at, f"{at}/authorize", f"{at}/token", f"{at}/api")
    journey = travel(
        external={"github": settings}, context={"provider_endpoints": {"github": endpoints}}
    )
    provider.github_emails = [
        {"email": "old@example.com", "verified": False, "primary": False},
        {"email": "Ada@example.com", "verified": True, "primary": True},
    ]
    values = fragment_of(journey.go("github"))
    user = journey.auth.get("/user", bearer=values["access_token"]).json
    assert (user["email"], user["identities"][0]["id"]) == ("ada@example.com", "42")
    assert user["user_metadata"]["user_name"] == "ada"


def test_any_openid_provider_of_the_configuration(travel: Travel, provider: Provider) -> None:
    url = provider.issuer("acme")
    settings = ExternalConfig(enabled=True, client_id=f"{CLIENT}, other", secret=SECRET, url=url)
    journey = travel(external={"acme": settings})
    assert "access_token" in fragment_of(journey.go("acme"))
    provider.with_id_token = False
    assert "access_token" in fragment_of(journey.go("acme"))
    assert f"GET /acme/userinfo" in provider.requests  # noqa: F541


def test_the_second_time_it_is_the_same_user(journey: Journey) -> None:
    first = fragment_of(journey.go())
    journey.auth.clock.advance(timedelta(minutes=1))
    journey.provider.person["name"] = "Ada Lovelace"
    second = fragment_of(journey.go())
    user = journey.auth.get("/user", bearer=second["access_token"]).json
    assert user["id"] == claims_of(first["access_token"])["sub"]
    assert user["user_metadata"]["full_name"] == "Ada Lovelace"
    assert user["identities"][0]["last_sign_in_at"] > user["identities"][0]["created_at"]
    assert journey.auth.audit_actions() == ["user_signedup", "login"]


def test_keys_of_the_provider_may_change(journey: Journey) -> None:
    journey.go()
    journey.provider.rotate()
    journey.auth.clock.advance(timedelta(seconds=11))
    assert "access_token" in fragment_of(journey.go())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"iss": "https://other.example"}, "user profile"),
        ({"aud": "another"}, "user profile"),
        ({"exp": 1}, "user profile"),
        ({"at_hash": "AAAA"}, "user profile"),
    ],
)
def test_an_id_token_that_is_not_right(
    journey: Journey, changed: dict[str, str], said: str
) -> None:
    journey.provider.changed_claims = changed
    error = query_of(journey.go())
    assert (error["error"], error["error_code"]) == ("server_error", "unexpected_failure")
    assert said in error["error_description"]


@pytest.mark.parametrize("challenge", [{}, CHALLENGE])
def test_denied(journey: Journey, challenge: dict[str, str]) -> None:
    state = query_of(journey.leave(**challenge))["state"]
    answer = journey.come_back(
        {"state": state, "error": "access_denied", "error_description": "No, thanks"}
    )
    end = answer.headers["Location"]
    assert end.startswith(f"{HOME}?")
    for values in (query_of(end), fragment_of(end)):
        assert values["error"] == "access_denied"
    assert query_of(end)["error_description"] == "No, thanks"


def test_the_provider_is_down(journey: Journey) -> None:
    journey.provider.broken = "token"
    error = query_of(journey.go())
    assert (error["error"], error["error_code"]) == ("server_error", "unexpected_failure")
    assert error["error_description"].startswith("Unable to exchange external code: ")


def test_the_provider_is_down_before_one_leaves(journey: Journey) -> None:
    journey.provider.broken = "discovery"
    answer = journey.auth.get("/authorize?provider=google")
    assert_refused(answer, 400, "validation_failed")


@pytest.mark.parametrize(
    ("state", "code", "said"),
    [
        ("", "bad_oauth_callback", "OAuth state parameter missing"),
        ("forged", "bad_oauth_state", "OAuth state parameter is invalid"),
        (str(uuid4()), "bad_oauth_state", "OAuth state not found or expired"),
    ],
)
def test_a_state_that_is_not_ours(journey: Journey, state: str, code: str, said: str) -> None:
    answer = journey.come_back({"state": state, "code": "x"})
    error = query_of(answer.headers["Location"])
    assert answer.status_code == 303
    assert (error["error_code"], error["error_description"]) == (code, said)


def test_a_state_expires(journey: Journey) -> None:
    came = journey.provider.consent(journey.leave())
    journey.auth.clock.advance(timedelta(minutes=6))
    error = query_of(journey.come_back(came).headers["Location"])
    assert (error["error_code"], error["error_description"]) == (
        "bad_oauth_state",
        "OAuth state has expired",
    )


@pytest.mark.parametrize(
    ("challenge", "code"), [({}, "bad_oauth_state"), (CHALLENGE, "flow_state_already_used")]
)
def test_a_state_works_once(journey: Journey, challenge: dict[str, str], code: str) -> None:
    address = journey.leave(**challenge)
    journey.come_back(journey.provider.consent(address))
    again = journey.come_back(journey.provider.consent(address))
    assert query_of(again.headers["Location"])["error_code"] == code


def test_a_code_is_wanted(journey: Journey) -> None:
    state = query_of(journey.leave())["state"]
    error = query_of(journey.come_back({"state": state}).headers["Location"])
    assert error["error_code"] == "bad_oauth_callback"


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("nobody", None, "Provider nobody could not be found"),
        ("google", None, "provider is not enabled"),
        ("discord", ExternalConfig(True, "id", "s"), "Provider discord could not be found"),
        ("google", ExternalConfig(True), "missing OAuth client ID"),
        ("google", ExternalConfig(True, "id"), "missing OAuth secret"),
        (
            "keycloak",
            ExternalConfig(True, "id", "s"),
            "unable to find URL for the Keycloak provider",
        ),
    ],
)
def test_a_provider_that_is_not_there(
    travel: Travel, name: str, settings: ExternalConfig | None, said: str
) -> None:
    external = {} if settings is None else {name: settings}
    journey = travel(external=external, context={"stand_in_issuer": ""})
    answer = journey.auth.get(f"/authorize?provider={name}")
    assert_refused(answer, 400, "validation_failed", f"Unsupported provider: {said}")


def test_an_unknown_invitation(journey: Journey) -> None:
    answer = journey.auth.get("/authorize?provider=google&invite_token=nothing")
    assert_refused(answer, 404, "user_not_found", "User identified by token not found")


def test_half_a_challenge(journey: Journey) -> None:
    answer = journey.auth.get("/authorize?provider=google&code_challenge_method=s256")
    assert_refused(answer, 400, "validation_failed")


def test_settings_tell_who_is_there(journey: Journey) -> None:
    external = journey.auth.get("/settings").json["external"]
    assert (external["google"], external["github"], external["azure"]) == (True, True, False)
