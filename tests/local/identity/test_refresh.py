"""Refresh tokens: who gets one, what it is good for, how it ends."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from hipflask.local.identity.grants import MOST_REFRESH_TOKENS
from tests.local.identity.conftest import Provider

OFFLINE = {"access_type": "offline"}


def traded(provider: Provider, name: str = "google", **more: str) -> Any:
    return provider.token(provider.code(name, **more), name).json


def refreshed(provider: Provider, token: str, name: str = "google", **more: str) -> Any:
    grant = {"grant_type": "refresh_token", "refresh_token": token}
    return provider.token("", name, **grant, **more).json


def claims_of(token: str) -> Any:
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def status_of_userinfo(provider: Provider, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return provider.ask("GET", "/google/userinfo", headers=headers).status


def test_only_who_asks_gets_one(provider: Provider) -> None:
    assert "refresh_token" not in traded(provider)
    assert "refresh_token" not in traded(provider, access_type="online")
    assert traded(provider, scope="openid offline_access")["refresh_token"]


def test_google_gives_one_the_first_time_and_after_consent(provider: Provider) -> None:
    first = traded(provider, **OFFLINE)["refresh_token"]
    assert "refresh_token" not in traded(provider, **OFFLINE)
    assert "refresh_token" in traded(provider, person="alan", **OFFLINE)
    assert "refresh_token" in traded(provider, "github", **OFFLINE)
    second = traded(provider, prompt="select_account consent", **OFFLINE)["refresh_token"]
    assert len({first, second}) == 2


def test_one_that_never_arrived_does_not_count(provider: Provider) -> None:
    assert provider.token(provider.code(failure="token_down", **OFFLINE)).status == 503
    assert traded(provider, **OFFLINE)["refresh_token"]


def test_it_outlives_access_tokens(provider: Provider) -> None:
    given = traded(provider, **OFFLINE)
    provider.clock.advance(days=30)
    assert status_of_userinfo(provider, given["access_token"]) == 401
    again = refreshed(provider, given["refresh_token"])
    assert status_of_userinfo(provider, again["access_token"]) == 200
    assert "refresh_token" not in again  # the old one stays, as at Google
    assert refreshed(provider, given["refresh_token"])["access_token"] != again["access_token"]


def test_id_token_of_a_refresh(provider: Provider) -> None:
    given = traded(provider, **OFFLINE)
    first = claims_of(given["id_token"])
    provider.clock.advance(hours=2)
    second = claims_of(refreshed(provider, given["refresh_token"])["id_token"])
    for same in ("iss", "sub", "aud", "auth_time"):  # OpenID Connect Core section 12.2
        assert second[same] == first[same]
    assert second["iat"] == first["iat"] + 7200
    assert "nonce" not in second


def test_less_may_be_asked_but_not_more(provider: Provider) -> None:
    token = traded(provider, scope="openid email", **OFFLINE)["refresh_token"]
    narrow = refreshed(provider, token, scope="openid")
    assert narrow["scope"] == "openid"
    assert "email" not in claims_of(narrow["id_token"])
    assert refreshed(provider, token, scope="openid profile")["error"] == "invalid_scope"
    assert "email" in claims_of(refreshed(provider, token)["id_token"])


@pytest.mark.parametrize("end", ["refresh_token", "access_token"])
def test_revoking_either_ends_both(provider: Provider, end: str) -> None:
    given = traded(provider, **OFFLINE)
    other = traded(provider, person="alan", **OFFLINE)
    client = {"client_id": "hipflask-dev", "client_secret": "hipflask-dev-secret"}
    for name in ("github", "google", "google"):  # another provider's, ended, unknown
        form = {**client, "token": given[end]}
        assert provider.ask("POST", f"/{name}/revoke", form).status == 200
    assert status_of_userinfo(provider, given["access_token"]) == 401
    assert refreshed(provider, given["refresh_token"])["error"] == "invalid_grant"
    assert refreshed(provider, other["refresh_token"])["access_token"]
    wrong = provider.ask("POST", "/google/revoke", {**client, "client_secret": "x", "token": "x"})
    assert (wrong.status, wrong.json["error"]) == (401, "invalid_client")
    missing = provider.ask("POST", "/google/revoke", client)
    assert (missing.status, missing.json["error"]) == (400, "invalid_request")


def test_replayed_code_ends_it(provider: Provider) -> None:
    code = provider.code(**OFFLINE)
    given = provider.token(code).json
    provider.token(code)
    assert refreshed(provider, given["refresh_token"])["error"] == "invalid_grant"


def test_it_belongs_to_its_provider(provider: Provider) -> None:
    token = traded(provider, **OFFLINE)["refresh_token"]
    assert refreshed(provider, token, "github")["error"] == "invalid_grant"
    assert refreshed(provider, "unknown")["error"] == "invalid_grant"


def test_a_new_one_puts_the_oldest_out(provider: Provider) -> None:
    more = {"prompt": "consent", **OFFLINE}
    tokens = [traded(provider, **more)["refresh_token"] for _ in range(MOST_REFRESH_TOKENS + 1)]
    assert refreshed(provider, tokens[0])["error"] == "invalid_grant"
    assert refreshed(provider, tokens[1])["access_token"]
