"""supabase-py: what ends a session, and what its client is told then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from supabase import Client

from hipflask.testing import SupabaseBackend
from tests.contract.links import query_of, redirect_of
from tests.contract.refusals import reason

EMAIL = "ann@example.com"
SIGN_IN: Any = {"email": EMAIL, "password": "a long enough password"}

pytestmark = pytest.mark.supabase(auth={"email": {"enable_confirmations": False}})
TIMEBOX = {"sessions": {"timebox": timedelta(hours=8)}}
SINGLE = {"sessions": {"single_per_user": True}}


def sign_up(client: Client) -> str:
    """Sign up and return the user's id."""
    user = client.auth.sign_up(SIGN_IN).user
    assert user is not None
    return user.id


def test_a_banned_user(supabase: Client, supabase_admin: Client) -> None:
    supabase_admin.auth.admin.update_user_by_id(sign_up(supabase), {"ban_duration": "24h"})
    assert reason(lambda: supabase.auth.get_user()) == (403, "user_banned")
    assert reason(lambda: supabase.auth.refresh_session()) == (400, "user_banned")
    assert reason(lambda: supabase.auth.sign_in_with_password(SIGN_IN)) == (400, "user_banned")


def test_a_deleted_user(supabase: Client, supabase_admin: Client) -> None:
    supabase_admin.auth.admin.delete_user(sign_up(supabase))
    assert reason(lambda: supabase.auth.get_user()) == (403, "user_not_found")
    assert reason(lambda: supabase.auth.refresh_session()) == (400, "refresh_token_not_found")
    supabase.auth.sign_out()
    assert supabase.auth.get_session() is None


@pytest.mark.supabase(auth=TIMEBOX)
def test_a_session_has_its_time(supabase: Client, backend: SupabaseBackend) -> None:
    sign_up(supabase)
    backend.clock.advance(hours=7)
    supabase.auth.refresh_session()
    backend.clock.advance(hours=2)
    assert reason(lambda: supabase.auth.refresh_session()) == (400, "session_expired")


@pytest.mark.supabase(auth=SINGLE)
def test_the_newest_session_is_the_only_one(python_client: Callable[..., Client]) -> None:
    first, second = python_client(), python_client()
    sign_up(first)
    second.auth.sign_in_with_password(SIGN_IN)
    second.auth.refresh_session()
    assert reason(lambda: first.auth.refresh_session()) == (400, "session_expired")


def test_a_magic_link_by_pkce(
    python_client: Callable[..., Client], backend: SupabaseBackend
) -> None:
    client = python_client(flow_type="pkce")
    client.auth.sign_in_with_otp({"email": EMAIL, "options": {"data": {"name": "Ann"}}})
    code = query_of(redirect_of(backend.mailbox.latest(to=EMAIL).link))["code"]
    user = client.auth.exchange_code_for_session(
        {"auth_code": code, "code_verifier": "", "redirect_to": ""}
    ).user
    assert user is not None
    assert user.user_metadata["name"] == "Ann"
