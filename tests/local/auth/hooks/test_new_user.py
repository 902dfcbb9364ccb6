"""The hook before_user_created: on every way in which somebody becomes a user.

Those who come from a provider: external/test_before_user_created.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.auth.hooks.conftest import Hook, Hooked
from tests.local.auth.service import PASSWORD, AuthService, Reply, assert_refused

NAME = "before_user_created"
EMAIL = "ada@example.com"
REFUSAL = {"error": {"http_code": 403, "message": "Members only"}}


def by_password(auth: AuthService) -> Reply:
    return auth.post("/signup", {"email": EMAIL, "password": PASSWORD, "data": {"team": "red"}})


def by_phone(auth: AuthService) -> Reply:
    return auth.post("/signup", {"phone": "+4915112345678", "password": PASSWORD})


def by_magic_link(auth: AuthService) -> Reply:
    return auth.post("/magiclink", {"email": EMAIL})


def by_code(auth: AuthService) -> Reply:
    return auth.post("/otp", {"email": EMAIL})


def by_code_to_a_phone(auth: AuthService) -> Reply:
    return auth.post("/otp", {"phone": "+4915112345678"})


def anonymously(auth: AuthService) -> Reply:
    return auth.post("/signup", {"data": {"team": "red"}})


def by_invitation(auth: AuthService) -> Reply:
    return auth.post("/invite", {"email": EMAIL}, bearer=auth.service_role)


def by_link(auth: AuthService) -> Reply:
    body = {"type": "signup", "email": EMAIL, "password": PASSWORD}
    return auth.post("/admin/generate_link", body, bearer=auth.service_role)


def by_invite_link(auth: AuthService) -> Reply:
    body = {"type": "invite", "email": EMAIL}
    return auth.post("/admin/generate_link", body, bearer=auth.service_role)


def by_magic_link_of_an_admin(auth: AuthService) -> Reply:
    body = {"type": "magiclink", "email": EMAIL}
    return auth.post("/admin/generate_link", body, bearer=auth.service_role)


WAYS = [
    by_password,
    by_phone,
    by_magic_link,
    by_code,
    by_code_to_a_phone,
    anonymously,
    by_invitation,
    by_link,
    by_invite_link,
    by_magic_link_of_an_admin,
]


@pytest.fixture
def asking(hooked: Hooked, hook: Hook) -> AuthService:
    """An Auth app with every way in open, which asks about new users."""
    return hooked(
        NAME,
        hook,
        enable_anonymous_sign_ins=True,
        email={"enable_confirmations": True},
        sms={"enable_signup": True, "enable_confirmations": True},
    )


@pytest.mark.parametrize("way", WAYS)
def test_it_is_asked_once_and_names_who_is_stored(
    asking: AuthService, hook: Hook, way: Any
) -> None:
    answer = way(asking)
    assert answer.status_code == 200, answer.json
    (event,) = hook.events
    user_id, email, phone = asking.row(
        "select id::text, coalesce(email, ''), coalesce(phone, '') from auth.users"
    )
    user = event["user"]
    assert (user["id"], user["email"], user["phone"]) == (user_id, email, phone)


@pytest.mark.parametrize("way", WAYS)
def test_whom_it_refuses_is_not_there(asking: AuthService, hook: Hook, way: Any) -> None:
    hook.answer(REFUSAL)
    assert_refused(way(asking), 403, "unknown", "Members only")
    for table in ("users", "identities", "one_time_tokens", "sessions", "audit_log_entries"):
        assert asking.count(f"auth.{table}") == 0, table
    assert asking.outbox.mails == []


def test_what_it_is_asked(asking: AuthService, hook: Hook) -> None:
    by_password(asking)
    (event,) = hook.events
    assert sorted(event) == ["metadata", "user"]
    assert event["metadata"]["name"] == "before-user-created"
    user = event["user"]
    assert user.pop("id")
    assert user == {
        "aud": "authenticated",
        "role": "",
        "email": EMAIL,
        "phone": "",
        "app_metadata": {"provider": "email", "providers": ["email"]},
        "user_metadata": {"team": "red"},
        "identities": [],
        "created_at": "0001-01-01T00:00:00Z",
        "updated_at": "0001-01-01T00:00:00Z",
        "is_anonymous": False,
    }


def test_an_anonymous_user_is_told_apart(asking: AuthService, hook: Hook) -> None:
    anonymously(asking)
    user = hook.events[0]["user"]
    assert (user["is_anonymous"], user["app_metadata"]) == (True, {})


def test_it_is_not_asked_about_who_is_there(asking: AuthService, hook: Hook) -> None:
    by_password(asking)
    hook.answer(REFUSAL)
    asking.clock.advance(minutes=2)
    for way in (by_password, by_magic_link, by_invitation, by_link):
        assert way(asking).status_code == 200
        asking.clock.advance(minutes=2)
    assert by_phone(asking).status_code == 403


def test_an_administrator_needs_no_consent(asking: AuthService, hook: Hook) -> None:
    hook.answer(REFUSAL)
    body = {"email": EMAIL, "password": PASSWORD}
    assert asking.post("/admin/users", body, bearer=asking.service_role).status_code == 200


def test_a_retry_after_a_refusal(asking: AuthService, hook: Hook) -> None:
    hook.answer(REFUSAL)
    by_password(asking)
    hook.answer({})
    assert by_password(asking).status_code == 200
