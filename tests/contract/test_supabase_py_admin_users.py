"""supabase-py with the secret key: what may be said of a user, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from supabase import AuthApiError, AuthWeakPasswordError, Client

from hipflask.testing import SupabaseBackend
from tests.contract.links import fragment_of, redirect_of
from tests.contract.refusals import reason

EMAIL = "ann@example.com"
PHONE = "4915112345678"
PASSWORD = "a long enough password"
NOBODY = "3f0a4c1e-0000-4000-8000-000000000000"
# The example that comes with Firebase's scrypt, for "user1password".
FIREBASE = (
    "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLN"
    "mdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzr"
    "Cnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="
)
NOT_FOUND = (404, "user_not_found")
BAD = (400, "validation_failed")

pytestmark = pytest.mark.supabase(auth={"sms": {"enable_signup": True}})


def test_everything_that_a_new_user_may_have(supabase_admin: Client, supabase: Client) -> None:
    made = supabase_admin.auth.admin.create_user(
        {
            "id": NOBODY,
            "email": EMAIL,
            "phone": PHONE,
            "password_hash": FIREBASE,
            "email_confirm": True,
            "phone_confirm": True,
            "role": "editor",
            "user_metadata": {"name": "Ann"},
            "app_metadata": {"plan": "pro"},
            "ban_duration": "none",
        }
    ).user
    assert (made.id, made.phone, made.role) == (NOBODY, PHONE, "editor")
    assert None not in (made.email_confirmed_at, made.phone_confirmed_at)
    assert made.app_metadata["plan"] == "pro"
    answer = supabase.auth.sign_in_with_password({"phone": PHONE, "password": "user1password"})
    assert answer.user is not None
    assert (answer.user.id, answer.user.user_metadata["name"]) == (NOBODY, "Ann")


@pytest.mark.parametrize(
    ("attributes", "answer"),
    [
        ({}, BAD),
        ({"email": "no address"}, BAD),
        ({"phone": "no number"}, BAD),
        ({"email": EMAIL, "id": "7"}, BAD),
        ({"email": EMAIL, "ban_duration": "soon"}, BAD),
        ({"email": EMAIL, "password_hash": "plain"}, BAD),
        ({"email": "bob@example.com"}, (422, "email_exists")),
        ({"phone": "4915100000000"}, (422, "phone_exists")),
    ],
)
def test_users_that_are_not_made(
    supabase_admin: Client, attributes: Any, answer: tuple[int, str]
) -> None:
    bob: Any = {"email": "bob@example.com", "phone": "4915100000000"}
    supabase_admin.auth.admin.create_user(bob)
    assert reason(lambda: supabase_admin.auth.admin.create_user(attributes)) == answer


def test_everything_that_may_change(
    supabase_admin: Client, supabase: Client, backend: SupabaseBackend
) -> None:
    user = backend.create_user(EMAIL)
    changed = supabase_admin.auth.admin.update_user_by_id(
        user.id,
        {
            "email": "new@example.com",
            "phone": f"+{PHONE}",
            "password": PASSWORD,
            "email_confirm": True,
            "phone_confirm": True,
            "role": "editor",
            "user_metadata": {"name": "Ann"},
            "app_metadata": {"plan": "pro"},
        },
    ).user
    assert (changed.email, changed.phone, changed.role) == ("new@example.com", PHONE, "editor")
    answer = supabase.auth.sign_in_with_password({"email": "new@example.com", "password": PASSWORD})
    assert answer.session is not None
    supabase_admin.auth.admin.update_user_by_id(user.id, {"ban_duration": "24h"})
    assert reason(
        lambda: supabase.auth.sign_in_with_password(
            {"email": "new@example.com", "password": PASSWORD}
        )
    ) == (400, "user_banned")


@pytest.mark.parametrize(
    ("attributes", "answer"),
    [
        ({"email": "no address"}, BAD),
        ({"ban_duration": "soon"}, BAD),
        ({"password": "short"}, (422, "weak_password")),
        ({"email": "bob@example.com"}, (422, "email_exists")),
        ({"phone": "4915100000000"}, (422, "phone_exists")),
    ],
)
def test_changes_that_are_not_made(
    supabase_admin: Client, backend: SupabaseBackend, attributes: Any, answer: tuple[int, str]
) -> None:
    bob: Any = {"email": "bob@example.com", "phone": "4915100000000"}
    supabase_admin.auth.admin.create_user(bob)
    user = backend.create_user(EMAIL)
    with pytest.raises((AuthApiError, AuthWeakPasswordError)) as refused:
        supabase_admin.auth.admin.update_user_by_id(user.id, attributes)
    assert (refused.value.status, str(refused.value.code)) == answer


def test_nobody_to_change_or_delete(supabase_admin: Client) -> None:
    admin = supabase_admin.auth.admin
    calls: list[Callable[[], Any]] = [
        lambda: admin.get_user_by_id(NOBODY),
        lambda: admin.update_user_by_id(NOBODY, {}),
        lambda: admin.delete_user(NOBODY),
        lambda: admin.delete_user(NOBODY, should_soft_delete=True),
        lambda: admin.mfa.list_factors({"user_id": NOBODY}),
        lambda: admin.mfa.delete_factor({"user_id": NOBODY, "id": NOBODY}),
    ]
    for call in calls:
        assert reason(call) == NOT_FOUND


def test_no_such_factor(supabase_admin: Client, backend: SupabaseBackend) -> None:
    user = backend.create_user(EMAIL)
    assert supabase_admin.auth.admin.mfa.list_factors({"user_id": user.id}) == []
    assert reason(
        lambda: supabase_admin.auth.admin.mfa.delete_factor({"user_id": user.id, "id": NOBODY})
    ) == (404, "mfa_factor_not_found")


def test_the_client_itself_refuses_what_is_no_id(supabase_admin: Client) -> None:
    with pytest.raises(ValueError, match="id"):
        supabase_admin.auth.admin.delete_user("../users")


def test_soft_deletion(supabase_admin: Client, supabase: Client, backend: SupabaseBackend) -> None:
    user = backend.create_user(EMAIL, password=PASSWORD)
    supabase_admin.auth.admin.delete_user(user.id, should_soft_delete=True)
    kept = supabase_admin.auth.admin.get_user_by_id(user.id).user
    assert EMAIL not in str(kept)
    assert reason(
        lambda: supabase.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
    ) == (400, "invalid_credentials")


@pytest.mark.parametrize(
    ("scope", "alive"),
    [("local", [False, True, True]), ("others", [True, False, True])],
)
def test_scopes_of_signing_out(
    supabase_admin: Client, backend: SupabaseBackend, scope: Any, alive: list[bool]
) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    backend.create_user("bob@example.com", password=PASSWORD)
    whose = (EMAIL, EMAIL, "bob@example.com")
    sessions = [backend.sign_in(email, password=PASSWORD) for email in whose]
    supabase_admin.auth.admin.sign_out(sessions[0].access_token, scope)
    answers = [
        backend.request("GET", "/auth/v1/user", headers=one.headers).status_code for one in sessions
    ]
    assert [status == 200 for status in answers] == alive


def test_tokens_that_sign_nobody_out(supabase_admin: Client, backend: SupabaseBackend) -> None:
    assert reason(lambda: supabase_admin.auth.admin.sign_out("no.good.token")) == (403, "bad_jwt")
    session = backend.signed_in(EMAIL)
    supabase_admin.auth.admin.sign_out(session.access_token)
    assert reason(lambda: supabase_admin.auth.admin.sign_out(session.access_token)) == (
        403,
        "session_not_found",
    )


def test_an_invitation_leads_where_it_should(
    supabase_admin: Client, backend: SupabaseBackend
) -> None:
    invited = supabase_admin.auth.admin.invite_user_by_email(
        EMAIL, {"redirect_to": "http://127.0.0.1:8080/welcome", "data": {"team": "blue"}}
    ).user
    assert invited.user_metadata["team"] == "blue"
    location = redirect_of(backend.mailbox.latest(to=EMAIL).link)
    assert location.startswith("http://127.0.0.1:8080/welcome#")
    assert fragment_of(location)["type"] == "invite"


def test_invitations_that_are_not_sent(supabase_admin: Client, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL)
    for email, answer in ((EMAIL, (422, "email_exists")), ("no address", BAD)):
        assert reason(partial(supabase_admin.auth.admin.invite_user_by_email, email)) == answer
    assert len(backend.mailbox) == 0


@pytest.mark.parametrize(
    "kind", ["signup", "invite", "magiclink", "email_change_current", "email_change_new"]
)
def test_every_kind_of_link(supabase_admin: Client, backend: SupabaseBackend, kind: str) -> None:
    asked: dict[str, Any] = {"type": kind, "email": EMAIL}
    if kind == "signup":
        asked["password"] = PASSWORD
    if kind not in ("signup", "invite"):
        backend.create_user(EMAIL)
        asked |= {} if kind == "magiclink" else {"new_email": "new@example.com"}
    made = supabase_admin.auth.admin.generate_link(asked)  # type: ignore[arg-type]
    assert made.properties.verification_type == kind
    assert made.user.email == EMAIL
    assert len(backend.mailbox) == 0


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({"type": "recovery", "email": "nobody@example.com"}, NOT_FOUND),
        ({"type": "signup", "email": EMAIL, "password": PASSWORD}, (422, "email_exists")),
        ({"type": "invite", "email": EMAIL}, (422, "email_exists")),
        ({"type": "email_change_new", "email": EMAIL, "new_email": "no address"}, BAD),
        ({"type": "signup", "email": "new@example.com"}, BAD),
        ({"type": "magiclink", "email": "no address"}, BAD),
        ({"type": "reauthentication", "email": EMAIL}, BAD),
    ],
)
def test_links_that_are_not_made(
    supabase_admin: Client, backend: SupabaseBackend, asked: Any, answer: tuple[int, str]
) -> None:
    backend.create_user(EMAIL)
    assert reason(lambda: supabase_admin.auth.admin.generate_link(asked)) == answer
