"""POST /NAME/token: codes, clients, PKCE."""

from __future__ import annotations

import base64

import pytest

from tests.local.identity.conftest import VERIFIER, Provider


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_client_secret_basic(provider: Provider) -> None:
    headers = basic("hipflask-dev", "hipflask-dev-secret")
    answer = provider.token(provider.code(), headers=headers, client_id="", client_secret="")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("headers", "more"),
    [
        ({}, {"client_secret": "wrong"}),
        ({}, {"client_id": "somebody"}),
        ({}, {"client_secret": ""}),
        (basic("hipflask-dev", "wrong"), {"client_id": "", "client_secret": ""}),
        ({"Authorization": "Basic %%%"}, {"client_id": "", "client_secret": ""}),
    ],
)
def test_wrong_client(provider: Provider, headers: dict[str, str], more: dict[str, str]) -> None:
    code = provider.code()
    answer = provider.token(code, headers=headers, **more)
    assert (answer.status, answer.json["error"]) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert provider.token(code).status == 200  # the code was not spent on a stranger


def test_two_ways_at_once(provider: Provider) -> None:
    headers = basic("hipflask-dev", "hipflask-dev-secret")
    answer = provider.token(provider.code(), headers=headers)
    assert (answer.status, answer.json["error"]) == (400, "invalid_request")


def test_code_is_for_once_and_a_replay_revokes(provider: Provider) -> None:
    code = provider.code()
    token = provider.token(code).json["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert provider.ask("GET", "/google/userinfo", headers=headers).status == 200
    again = provider.token(code)
    assert (again.status, again.json["error"]) == (400, "invalid_grant")
    assert provider.ask("GET", "/google/userinfo", headers=headers).status == 401


def test_code_lives_a_minute(provider: Provider) -> None:
    early, late = provider.code(), provider.code()
    provider.clock.advance(seconds=60)
    assert provider.token(early).status == 200
    provider.clock.advance(seconds=1)
    assert provider.token(late).json["error"] == "invalid_grant"


def test_code_belongs_to_its_provider(provider: Provider) -> None:
    assert provider.token(provider.code("google"), "github").json["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "more",
    [
        {"redirect_uri": "http://127.0.0.1:54321/auth/v1/callback/"},
        {"redirect_uri": ""},
        {"code_verifier": ""},
        {"code_verifier": "w" * 43},
        {"code_verifier": "é" * 43},
        {"code": "unknown"},
    ],
)
def test_what_does_not_fit(provider: Provider, more: dict[str, str]) -> None:
    code = more.pop("code", provider.code()) if "code" in more else provider.code()
    answer = provider.token(code, **more)
    assert (answer.status, answer.json["error"]) == (400, "invalid_grant")


def test_plain_challenge(provider: Provider) -> None:
    code = provider.code(code_challenge=VERIFIER, code_challenge_method="plain")
    assert provider.token(code).status == 200
    code = provider.code(code_challenge=VERIFIER, code_challenge_method="")
    assert provider.token(code, code_verifier="w" * 43).json["error"] == "invalid_grant"


def test_without_pkce(provider: Provider) -> None:
    code = provider.code(code_challenge="", code_challenge_method="")
    assert provider.token(code, code_verifier="").status == 200


def test_verifier_without_challenge_is_a_downgrade(provider: Provider) -> None:
    code = provider.code(code_challenge="", code_challenge_method="")
    assert provider.token(code).json["error"] == "invalid_grant"


def test_other_grants(provider: Provider) -> None:
    for other in ("password", "client_credentials", ""):
        answer = provider.token("", grant_type=other)
        assert answer.json["error"] == "unsupported_grant_type"


def test_repeated_parameter(provider: Provider) -> None:
    answer = provider.pool.request(
        "POST",
        provider.url + "/google/token",
        body="code=a&code=b",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status == 400
    assert answer.json()["error"] == "invalid_request"


def test_down_and_slow_on_demand(provider: Provider) -> None:
    assert provider.token(provider.code(failure="token_down")).status == 503
    assert provider.token(provider.code(failure="token_slow")).status == 200
    assert provider.pauses == [5.0]


def test_userinfo(provider: Provider) -> None:
    token = provider.token(provider.code(person="xiaoyu")).json["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    said = provider.ask("POST", "/google/userinfo", headers=headers).json
    assert (said["name"], said["email"]) == ("林小雨", "xiaoyu@example.com")
    assert provider.ask("GET", "/github/userinfo", headers=headers).status == 401
    picture = provider.ask("GET", said["picture"].removeprefix(provider.url))
    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert "林" in picture.text
    provider.clock.advance(hours=2)
    refused = provider.ask("GET", "/google/userinfo", headers=headers)
    assert refused.status == 401
    assert "invalid_token" in refused.headers["WWW-Authenticate"]
