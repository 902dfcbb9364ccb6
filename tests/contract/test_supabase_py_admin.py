"""supabase-py with the secret key: what an administrator does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from supabase import AuthApiError, Client

from hipflask.testing import SupabaseBackend
from tests.contract.links import fragment_of, redirect_of
from tests.contract.refusals import reason

EMAIL = "ann@example.com"
OTHER = "bob@example.com"
UNKNOWN = "3f0a4c1e-0000-4000-8000-000000000000"
PASSWORD = "a long enough password"


def test_creates_reads_updates_and_deletes(supabase_admin: Client, supabase: Client) -> None:
    admin = supabase_admin.auth.admin
    made = admin.create_user({"email": EMAIL, "password": PASSWORD, "email_confirm": True}).user
    assert admin.get_user_by_id(made.id).user.email == EMAIL
    changed = admin.update_user_by_id(made.id, {"app_metadata": {"plan": "pro"}}).user
    assert changed.app_metadata["plan"] == "pro"
    answer = supabase.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
    assert answer.user is not None
    admin.delete_user(made.id)
    with pytest.raises(AuthApiError) as refused:
        admin.get_user_by_id(made.id)
    assert (refused.value.status, refused.value.code) == (404, "user_not_found")


def test_lists_pages(supabase_admin: Client, backend: SupabaseBackend) -> None:
    for number in range(3):
        backend.create_user(f"user{number}@example.com")
    assert len(supabase_admin.auth.admin.list_users(page=1, per_page=2)) == 2
    assert len(supabase_admin.auth.admin.list_users(page=2, per_page=2)) == 1


def test_invites_by_mail(supabase_admin: Client, backend: SupabaseBackend) -> None:
    invited = supabase_admin.auth.admin.invite_user_by_email(EMAIL).user
    assert invited.invited_at is not None
    assert fragment_of(redirect_of(backend.mailbox.latest(to=EMAIL).link))["type"] == "invite"


def test_generates_a_recovery_link(supabase_admin: Client, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL)
    made = supabase_admin.auth.admin.generate_link({"type": "recovery", "email": EMAIL})
    assert made.properties.verification_type == "recovery"
    assert fragment_of(redirect_of(made.properties.action_link))["type"] == "recovery"


def test_signs_somebody_out(supabase_admin: Client, backend: SupabaseBackend) -> None:
    session = backend.signed_in(EMAIL)
    supabase_admin.auth.admin.sign_out(session.access_token)
    answer = backend.request("GET", "/auth/v1/user", headers=session.headers)
    assert answer.status_code == 403
    assert answer.get_json()["error_code"] == "session_not_found"


def test_a_password_hash_can_be_brought_along(supabase_admin: Client, supabase: Client) -> None:
    import bcrypt

    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    supabase_admin.auth.admin.create_user(
        {"email": EMAIL, "password_hash": hashed, "email_confirm": True}
    )
    answer = supabase.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
    assert answer.session is not None


@pytest.mark.parametrize("key", ["publishable_key", "anon_key"])
def test_a_visitor_is_no_administrator(
    python_client: Callable[..., Client], backend: SupabaseBackend, key: str
) -> None:
    visitor = python_client(getattr(backend, key))
    with pytest.raises(AuthApiError) as refused:
        visitor.auth.admin.list_users()
    assert refused.value.code in ("no_authorization", "not_admin")


def test_the_legacy_service_key_works_too(
    python_client: Callable[..., Client], backend: SupabaseBackend
) -> None:
    assert python_client(backend.service_role_key).auth.admin.list_users() == []


def test_what_an_administrator_cannot_do_either(
    supabase_admin: Client, backend: SupabaseBackend
) -> None:
    admin, user = supabase_admin.auth.admin, backend.create_user(EMAIL).id
    taken, nobody = (422, "email_exists"), (404, "user_not_found")
    assert reason(lambda: admin.create_user({"email": EMAIL, "password": PASSWORD})) == taken
    assert reason(lambda: admin.invite_user_by_email(EMAIL)) == taken
    assert reason(lambda: admin.update_user_by_id(UNKNOWN, {"user_metadata": {}})) == nobody
    assert reason(lambda: admin.delete_user(UNKNOWN)) == nobody
    assert reason(lambda: admin.generate_link({"type": "recovery", "email": OTHER})) == nobody
    assert reason(lambda: admin.mfa.list_factors({"user_id": UNKNOWN})) == nobody
    factor = reason(lambda: admin.mfa.delete_factor({"user_id": user, "id": UNKNOWN}))
    assert factor == (404, "mfa_factor_not_found")
    assert reason(lambda: admin.sign_out("no.token.here")) == (403, "bad_jwt")


def test_the_client_itself_asks_for_ids(supabase_admin: Client) -> None:
    with pytest.raises(ValueError, match="uuid"):
        supabase_admin.auth.admin.get_user_by_id("no uuid")
