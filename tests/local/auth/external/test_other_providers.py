"""What Apple, Azure, LinkedIn and Slack say, in the words that GoTrue stores."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import Client

from hipflask.local.auth.external import profile
from hipflask.local.auth.external.endpoints import Endpoints
from hipflask.local.config.auth import ExternalConfig
from tests.local.auth.external.conftest import Travel, fragment_of, query_of
from tests.local.auth.external.loopback_provider import CLIENT, SECRET, Provider


def endpoints(provider: Provider, name: str) -> dict[str, Endpoints]:
    at = provider.issuer(name)
    return {name: Endpoints(at, f"{at}/authorize", f"{at}/token", f"{at}/userinfo", f"{at}/jwks")}


def test_apple_posts_back_with_the_name(travel: Travel, provider: Provider) -> None:
    settings = ExternalConfig(enabled=True, client_id=CLIENT, secret=SECRET)
    journey = travel(
        external={"apple": settings},
        context={"provider_endpoints": endpoints(provider, "apple")},
    )
    address = journey.leave("apple")
    assert query_of(address)["response_mode"] == "form_post"
    came = {**provider.consent(address), "user": '{"name": {"firstName": "Ada", "lastName": "L"}}'}
    client = Client(journey.auth.app)
    answer = client.post(
        "/callback",
        data=urlencode(came),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    tokens = fragment_of(answer.headers["Location"])
    user = journey.auth.get("/user", bearer=tokens["access_token"]).json
    assert user["user_metadata"]["full_name"] == "Ada L"
    assert user["email"] == "ada@example.com"


@pytest.mark.parametrize(
    ("claims", "verified"),
    [({}, True), ({"xms_edov": "1"}, True), ({"xms_edov": True}, True), ({"xms_edov": 0}, False)],
)
def test_azure(claims: dict[str, Any], verified: bool) -> None:
    raw = {"iss": "i", "sub": "s", "email": "a@b.c", "name": "A", "tid": "t", "aud": "x"}
    read = profile.from_azure({**raw, **claims})
    assert read.email_verified is verified
    assert read.claims["custom_claims"]["tid"] == "t"
    assert "aud" not in read.claims["custom_claims"]


@pytest.mark.parametrize(("said", "verified"), [("true", True), (True, True), ("false", False)])
def test_linkedin(said: object, verified: bool) -> None:
    raw = {"sub": "s", "email": "a@b.c", "given_name": "A", "family_name": "L"}
    read = profile.from_linkedin({**raw, "email_verified": said})
    assert (read.email_verified, read.claims["name"]) == (verified, "A L")


def test_slack() -> None:
    raw = {"https://slack.com/user_id": "U1", "https://slack.com/team_id": "T1", "name": "A"}
    read = profile.from_slack({**raw, "email": "a@b.c", "email_verified": True}, issuer="i")
    assert (read.subject, read.email_verified) == ("U1", True)
    assert read.claims["custom_claims"] == {"https://slack.com/team_id": "T1"}


@pytest.mark.parametrize("name", ["nul\0", "\ud800", float("inf")])
def test_what_cannot_be_stored(travel: Travel, provider: Provider, name: object) -> None:
    journey = travel()
    provider.person["name"] = name
    error = query_of(journey.go())
    assert error["error_description"] == "Error getting user profile from external provider"


def test_a_head_request_uses_nothing_up(travel: Travel) -> None:
    journey = travel()
    came = journey.provider.consent(journey.leave())
    assert journey.come_back(came, "HEAD").status_code == 405
    assert "access_token" in fragment_of(journey.come_back(came).headers["Location"])


def test_nul_in_a_name(travel: Travel) -> None:
    auth = travel().auth
    path = "/admin/custom-providers/custom:%00"
    assert auth.get(path, bearer=auth.service_role).status_code == 404
    assert auth.get("/authorize?provider=custom:%00").status_code == 400
    assert auth.get("/authorize?provider=google&invite_token=%00").status_code == 404
    assert auth.get("/callback?state=%00").status_code == 303
