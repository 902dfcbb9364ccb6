"""@supabase/supabase-js: what the tokens of a session are good for, and for how long."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hipflask.testing import SupabaseBackend
from tests.contract import signing
from tests.contract.js_client import JsClient, NodeProcess
from tests.contract.signing import KEYS, forged

EMAIL = "ann@example.com"
PASSWORD = "a long enough password"


@pytest.fixture(params=KEYS)
def algorithm(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Sign with a key of this algorithm."""
    signing.use(request.node, tmp_path, KEYS[request.param]())
    return str(request.param)


def tokens(backend: SupabaseBackend) -> dict[str, str]:
    """Return the tokens of somebody who has signed in elsewhere."""
    session = backend.signed_in(EMAIL)
    return {"access_token": session.access_token, "refresh_token": session.refresh_token}


def test_claims_by_algorithm(algorithm: str, js: JsClient, backend: SupabaseBackend) -> None:
    made = tokens(backend)
    token = made["access_token"]
    assert js("auth.getUser", token)["user"]["email"] == EMAIL
    verified = js("auth.getClaims", token)
    assert verified["header"]["alg"] == algorithm
    assert verified["claims"]["email"] == EMAIL
    assert js("auth.setSession", made)["session"]["user"]["email"] == EMAIL
    error = js.error("auth.getClaims", forged(token))
    # A shared secret stays on the server, which is asked then.
    assert error["code"] == ("bad_jwt" if algorithm == "HS256" else "invalid_jwt")
    error = js.error("auth.getUser", forged(token))
    assert (error["status"], error["code"]) == (403, "bad_jwt")


def test_claims_without_a_session(js: JsClient) -> None:
    assert js("auth.getClaims") is None
    assert js.error("auth.getClaims", "no.token")["code"] == "invalid_jwt"


def test_an_expired_token(js: JsClient, backend: SupabaseBackend) -> None:
    backend.clock.advance(hours=-2)
    made = tokens(backend)
    backend.clock.advance(hours=2)
    error = js.error("auth.getClaims", made["access_token"])
    assert (error["message"], error["code"]) == ("JWT has expired", "invalid_jwt")
    error = js.error("auth.getUser", made["access_token"])
    assert (error["status"], error["code"]) == (403, "bad_jwt")
    session = js("auth.setSession", made)["session"]
    assert session["refresh_token"] != made["refresh_token"]
    assert js("auth.getUser")["user"]["email"] == EMAIL


def test_a_session_that_is_none(js: JsClient, backend: SupabaseBackend) -> None:
    made = tokens(backend)
    empty = js.error("auth.setSession", {"access_token": "", "refresh_token": ""})
    assert empty["name"] == "AuthSessionMissingError"
    false = js.error("auth.setSession", {**made, "access_token": forged(made["access_token"])})
    assert (false["status"], false["code"]) == (403, "bad_jwt")
    assert js("auth.getSession")["session"] is None


def test_nobody_is_signed_in(js: JsClient) -> None:
    for error in (
        js.error("auth.getUser"),
        js.error("auth.updateUser", {"data": {}}),
        js.error("auth.reauthenticate"),
        js.error("auth.getUserIdentities"),
        js.error("auth.refreshSession"),
        js.error("auth.mfa.listFactors"),
    ):
        assert (error["name"], error["status"]) == ("AuthSessionMissingError", 400)
    assert js("auth.signOut") is None


def expired_session(js: JsClient, backend: SupabaseBackend) -> str:
    """Sign in with a session that has expired on the client's clock; return its refresh token."""
    backend.clock.advance(hours=-2)
    backend.create_user(EMAIL, password=PASSWORD)
    credentials = {"email": EMAIL, "password": PASSWORD}
    return str(js("auth.signInWithPassword", credentials)["session"]["refresh_token"])


def end_elsewhere(backend: SupabaseBackend) -> None:
    """End every session of that user from another device."""
    other = backend.sign_in(EMAIL, password=PASSWORD)
    answer = backend.request("POST", "/auth/v1/logout", headers=other.headers)
    assert answer.status_code == 204


def test_an_expired_session_renews_itself(js: JsClient, backend: SupabaseBackend) -> None:
    first = expired_session(js, backend)
    assert js("auth.getSession")["session"]["refresh_token"] != first
    end_elsewhere(backend)
    error = js.error("auth.getSession")
    assert (error["status"], error["code"]) == (400, "refresh_token_not_found")
    assert js("auth.getSession")["session"] is None


def test_an_expired_session_that_was_ended(js: JsClient, backend: SupabaseBackend) -> None:
    expired_session(js, backend)
    end_elsewhere(backend)
    error = js.error("auth.signOut", {"scope": "others"})
    assert (error["status"], error["code"]) == (400, "refresh_token_not_found")


def test_a_refresh_token_replayed(node: NodeProcess, backend: SupabaseBackend) -> None:
    first = tokens(backend)["refresh_token"]

    def refresh(token: str) -> Any:
        client = node.create(backend.url, backend.publishable_key)
        return client("auth.refreshSession", {"refresh_token": token})["session"]["refresh_token"]

    second = refresh(first)
    assert refresh(first) == second  # within the reuse interval the newest is answered again
    third = refresh(second)
    backend.clock.advance(minutes=1)
    late = node.create(backend.url, backend.publishable_key)
    error = late.error("auth.refreshSession", {"refresh_token": first})
    assert (error["status"], error["code"]) == (400, "refresh_token_already_used")
    backend.clock.advance(minutes=1)
    error = late.error("auth.refreshSession", {"refresh_token": third})
    assert (error["status"], error["code"]) == (400, "refresh_token_already_used")


@pytest.mark.parametrize("scope", ["global", "local", "others"])
def test_signing_out_twice_is_no_error(js: JsClient, backend: SupabaseBackend, scope: str) -> None:
    js("auth.setSession", tokens(backend))
    js("auth.signOut", {"scope": scope})
    js("auth.signOut", {"scope": scope})
    left = js("auth.getSession")["session"]
    assert (left is not None) == (scope == "others")


@pytest.mark.parametrize("name", ["publishable_key", "anon_key", "secret_key", "service_role_key"])
def test_keys_of_the_project(node: NodeProcess, backend: SupabaseBackend, name: str) -> None:
    js = node.create(backend.url, getattr(backend, name))
    assert js("auth.setSession", tokens(backend))["user"]["email"] == EMAIL


@pytest.mark.parametrize("key", ["sb_publishable_forged", "sb_secret_forged", "no key", "a.b.c"])
def test_keys_of_nobody(node: NodeProcess, backend: SupabaseBackend, key: str) -> None:
    js = node.create(backend.url, key)
    credentials = {"email": EMAIL, "password": PASSWORD}
    for error in (
        js.error("auth.signUp", credentials),
        js.error("auth.signInWithPassword", credentials),
        js.error("auth.getUser", tokens(backend)["access_token"]),
    ):
        assert (error["name"], error["status"]) == ("AuthApiError", 401)
        assert error["message"].startswith("Invalid API key")
