"""supabase-py: what the tokens of a session are good for, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from supabase import Client
from supabase_auth.errors import AuthError, AuthInvalidJwtError, AuthSessionMissingError

from hipflask.testing import SupabaseBackend
from tests.contract import signing
from tests.contract.refusals import reason, refusal
from tests.contract.signing import KEYS, forged

EMAIL = "ann@example.com"
PASSWORD = "a long enough password"


@pytest.fixture(params=KEYS)
def algorithm(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Sign with a key of this algorithm."""
    signing.use(request.node, tmp_path, KEYS[request.param]())
    return str(request.param)


def test_claims_by_algorithm(algorithm: str, supabase: Client, backend: SupabaseBackend) -> None:
    made = backend.signed_in(EMAIL)
    verified = supabase.auth.get_claims(made.access_token)
    assert verified is not None
    assert (verified["headers"]["alg"], verified["claims"]["email"]) == (algorithm, EMAIL)
    assert supabase.auth.set_session(made.access_token, made.refresh_token).session is not None
    # A shared secret stays on the server, which is asked then.
    with pytest.raises(AuthError, match=r"(?i)invalid JWT") as refused:
        supabase.auth.get_claims(forged(made.access_token))
    assert isinstance(refused.value, AuthInvalidJwtError) == (algorithm != "HS256")
    assert reason(lambda: supabase.auth.get_user(forged(made.access_token))) == (403, "bad_jwt")


def test_claims_without_a_session(supabase: Client) -> None:
    assert supabase.auth.get_claims() is None
    with pytest.raises(AuthInvalidJwtError):
        supabase.auth.get_claims("no.token")


def test_an_expired_token(supabase: Client, backend: SupabaseBackend) -> None:
    backend.clock.advance(hours=-2)
    made = backend.signed_in(EMAIL)
    backend.clock.advance(hours=2)
    with pytest.raises(AuthInvalidJwtError, match="expired"):
        supabase.auth.get_claims(made.access_token)
    assert reason(lambda: supabase.auth.get_user(made.access_token)) == (403, "bad_jwt")
    session = supabase.auth.set_session(made.access_token, made.refresh_token).session
    assert session is not None
    assert session.refresh_token != made.refresh_token


def test_a_session_that_is_none(supabase: Client, backend: SupabaseBackend) -> None:
    made = backend.signed_in(EMAIL)
    with pytest.raises(AuthSessionMissingError):
        supabase.auth.set_session("", "")
    false = forged(made.access_token)
    assert reason(lambda: supabase.auth.set_session(false, made.refresh_token)) == (403, "bad_jwt")
    assert supabase.auth.get_session() is None


def test_nobody_is_signed_in(supabase: Client) -> None:
    assert supabase.auth.get_user() is None
    for call in (
        lambda: supabase.auth.update_user({"data": {}}),
        lambda: supabase.auth.reauthenticate(),
        lambda: supabase.auth.refresh_session(),
        lambda: supabase.auth.link_identity({"provider": "google"}),
    ):
        with pytest.raises(AuthSessionMissingError):
            call()
    with pytest.raises(AuthSessionMissingError):
        supabase.auth.get_user_identities()
    supabase.auth.sign_out()


def expired_session(client: Client, backend: SupabaseBackend) -> str:
    """Sign in with a session that has expired on the client's clock; return its refresh token."""
    backend.clock.advance(hours=-2)
    backend.create_user(EMAIL, password=PASSWORD)
    answer = client.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
    assert answer.session is not None
    return answer.session.refresh_token


def test_an_expired_session_renews_itself(supabase: Client, backend: SupabaseBackend) -> None:
    first = expired_session(supabase, backend)
    session = supabase.auth.get_session()
    assert session is not None
    assert session.refresh_token != first
    other = backend.sign_in(EMAIL, password=PASSWORD)
    backend.request("POST", "/auth/v1/logout", headers=other.headers)
    gone = (400, "refresh_token_not_found")
    assert reason(lambda: supabase.auth.get_session()) == gone
    assert reason(lambda: supabase.auth.sign_out({"scope": "others"})) == gone
    supabase.auth.sign_out()
    assert supabase.auth.get_session() is None


def test_a_stored_session_is_taken_up_again(supabase: Client, backend: SupabaseBackend) -> None:
    made = backend.signed_in(EMAIL)
    supabase.auth.set_session(made.access_token, made.refresh_token)
    heard: list[str] = []
    supabase.auth.on_auth_state_change(lambda event, _: heard.append(event))
    supabase.auth.initialize()
    supabase.auth.initialize_from_storage()
    assert heard == ["SIGNED_IN", "SIGNED_IN"]


@pytest.mark.parametrize("name", ["publishable_key", "anon_key", "secret_key", "service_role_key"])
def test_keys_of_the_project(
    python_client: Callable[..., Client], backend: SupabaseBackend, name: str
) -> None:
    made = backend.signed_in(EMAIL)
    answer = python_client(getattr(backend, name)).auth.get_user(made.access_token)
    assert answer is not None
    assert answer.user.email == EMAIL


@pytest.mark.parametrize("key", ["sb_publishable_forged", "sb_secret_forged", "a.b.c"])
def test_keys_of_nobody(
    python_client: Callable[..., Client], backend: SupabaseBackend, key: str
) -> None:
    client, made = python_client(key), backend.signed_in(EMAIL)
    for error in (
        refusal(lambda: client.auth.sign_up({"email": EMAIL, "password": PASSWORD})),
        refusal(lambda: client.auth.get_user(made.access_token)),
    ):
        assert error.status == 401
        assert error.message.startswith("Invalid API key")
