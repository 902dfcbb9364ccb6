"""supabase-py: what signed-in people change about themselves, and who hears of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from supabase import Client
from supabase_auth.errors import AuthImplicitGrantRedirectError, AuthWeakPasswordError

from hipflask.testing import SupabaseBackend
from tests.contract.links import fragment_of, query_of, redirect_of
from tests.contract.refusals import reason
from tests.contract.second_factors import SETTINGS, code

EMAIL = "ann@example.com"
PASSWORD = "a long enough password"
NEW_PASSWORD = "another long password"
SIGN_IN: Any = {"email": EMAIL, "password": PASSWORD}

pytestmark = pytest.mark.supabase(auth=SETTINGS)


def change(client: Client, attributes: Any) -> tuple[int, str]:
    """Return why the change is refused."""
    return reason(lambda: client.auth.update_user(attributes))


@pytest.mark.supabase(auth={"email": {"secure_password_change": True}})
def test_a_password_needs_a_nonce_after_a_day(supabase: Client, backend: SupabaseBackend) -> None:
    supabase.auth.sign_up(SIGN_IN)
    backend.clock.advance(hours=25)
    supabase.auth.refresh_session()
    assert change(supabase, {"password": NEW_PASSWORD}) == (400, "reauthentication_needed")
    false = {"password": NEW_PASSWORD, "nonce": "000000"}
    assert change(supabase, false) == (422, "reauthentication_not_valid")
    supabase.auth.reauthenticate()
    nonce = backend.mailbox.latest(to=EMAIL).code
    supabase.auth.update_user({"password": NEW_PASSWORD, "nonce": nonce})


def test_a_session_that_was_ended_reauthenticates_nobody(
    python_client: Callable[..., Client], backend: SupabaseBackend
) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    here, there = python_client(), python_client()
    here.auth.sign_in_with_password(SIGN_IN)
    there.auth.sign_in_with_password(SIGN_IN)
    here.auth.update_user({"password": NEW_PASSWORD})
    assert reason(lambda: there.auth.reauthenticate()) == (403, "session_not_found")
    assert reason(lambda: there.auth.get_user_identities()) == (403, "session_not_found")
    assert reason(lambda: there.auth.refresh_session()) == (400, "refresh_token_not_found")
    here.auth.reauthenticate()


@pytest.mark.parametrize(
    ("attributes", "refused"),
    [
        ({"password": PASSWORD}, (422, "same_password")),
        ({"password": "x" * 73}, (400, "validation_failed")),
        ({"email": "no address"}, (400, "validation_failed")),
        ({"email": "bob@example.com"}, (422, "email_exists")),
        ({"app_metadata": {"role": "admin"}}, (403, "not_admin")),
    ],
)
def test_changes_that_are_refused(
    supabase: Client, backend: SupabaseBackend, attributes: Any, refused: tuple[int, str]
) -> None:
    backend.create_user("bob@example.com")
    supabase.auth.sign_up(SIGN_IN)
    assert change(supabase, attributes) == refused


def test_a_weak_password_is_refused_with_its_reasons(supabase: Client) -> None:
    supabase.auth.sign_up(SIGN_IN)
    with pytest.raises(AuthWeakPasswordError) as weak:
        supabase.auth.update_user({"password": "short"})
    assert weak.value.reasons == ["length"]


@pytest.mark.supabase(auth={"email": {"enable_confirmations": True}})
def test_an_address_changes_by_links(
    python_client: Callable[..., Client], backend: SupabaseBackend
) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    client = python_client(flow_type="pkce")
    client.auth.sign_in_with_password(SIGN_IN)
    client.auth.update_user({"email": "new@example.com"})
    first = redirect_of(backend.mailbox.latest(to=EMAIL).link)
    assert "other email" in query_of(first)["message"]
    end = redirect_of(backend.mailbox.latest(to="new@example.com").link)
    answer = client.auth.exchange_code_for_session(
        {"auth_code": query_of(end)["code"], "code_verifier": "", "redirect_to": ""}
    )
    assert answer.user is not None
    assert answer.user.email == "new@example.com"


def test_listeners_hear_of_everything(supabase: Client, backend: SupabaseBackend) -> None:
    heard: list[str] = []
    subscription = supabase.auth.on_auth_state_change(lambda event, _: heard.append(event))
    supabase.auth.sign_up(SIGN_IN)
    supabase.auth.refresh_session()
    supabase.auth.update_user({"data": {"city": "Basel"}})
    factor: Any = supabase.auth.mfa.enroll({"factor_type": "totp"})
    shown: Any = {"factor_id": factor.id, "code": code(factor.totp.secret)}
    supabase.auth.mfa.challenge_and_verify(shown)
    supabase.auth.sign_out()
    supabase.auth.reset_password_for_email(EMAIL)
    digits = backend.mailbox.latest(to=EMAIL).code
    supabase.auth.verify_otp({"email": EMAIL, "token": digits, "type": "recovery"})
    assert heard == [
        "SIGNED_IN",
        "TOKEN_REFRESHED",
        "USER_UPDATED",
        "MFA_CHALLENGE_VERIFIED",
        "SIGNED_OUT",
        "PASSWORD_RECOVERY",
    ]
    subscription.unsubscribe()
    supabase.auth.refresh_session()
    assert len(heard) == 6


def test_reads_a_session_from_the_address(supabase: Client, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL)
    supabase.auth.reset_password_for_email(EMAIL)
    link = backend.mailbox.latest(to=EMAIL).link
    query = fragment_of(redirect_of(link))
    heard: list[str] = []
    supabase.auth.on_auth_state_change(lambda event, _: heard.append(event))
    supabase.auth.initialize_from_url(as_query(query))
    assert heard == ["SIGNED_IN", "PASSWORD_RECOVERY"]
    session = supabase.auth.get_session()
    assert session is not None
    assert session.user.email == EMAIL
    refused = fragment_of(redirect_of(link))  # a link works once
    with pytest.raises(AuthImplicitGrantRedirectError, match="invalid or has expired") as error:
        supabase.auth.initialize_from_url(as_query(refused))
    assert error.value.details == {"code": "otp_expired", "error": "access_denied"}
    with pytest.raises(AuthImplicitGrantRedirectError):
        supabase.auth.initialize(url=as_query(refused))


def as_query(parameters: dict[str, str]) -> str:
    """Return an address as supabase-py reads it: it looks at the query, not at the fragment."""
    return f"http://127.0.0.1:8080/?{urlencode(parameters)}"
