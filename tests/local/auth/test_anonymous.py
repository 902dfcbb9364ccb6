"""POST /signup without an address."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.auth.conftest import MakeAuth
from tests.local.auth.service import PASSWORD, AuthService, assert_refused, claims_of


@pytest.fixture
def anonymous_auth(make_auth: MakeAuth) -> AuthService:
    """An Auth app that lets in who has no name."""
    return make_auth(enable_anonymous_sign_ins=True)


def test_signs_in_without_a_name(anonymous_auth: AuthService) -> None:
    answer = anonymous_auth.post("/signup", {"data": {"colour": "red"}})
    user = answer.json["user"]
    assert (user["email"], user["is_anonymous"], user["identities"]) == ("", True, [])
    assert user["user_metadata"] == {"colour": "red"}
    assert user["app_metadata"] == {}
    claims = claims_of(answer.json["access_token"])
    assert claims["is_anonymous"] is True
    assert claims["amr"][0]["method"] == "anonymous"
    assert anonymous_auth.refresh(answer.json["refresh_token"]).status_code == 200


def test_many_of_them(anonymous_auth: AuthService) -> None:
    for _ in range(3):
        assert anonymous_auth.post("/signup", {}).status_code == 200
    assert anonymous_auth.count("auth.users", "is_anonymous and email is null") == 3


def test_address_makes_a_name_at_once_without_confirmation(anonymous_auth: AuthService) -> None:
    bearer = anonymous_auth.post("/signup", {}).json["access_token"]
    body = {"email": "ada@example.com", "password": PASSWORD}
    user = anonymous_auth.put("/user", body, bearer=bearer).json
    assert (user["email"], user["is_anonymous"]) == ("ada@example.com", False)
    assert user["email_confirmed_at"]
    assert user["app_metadata"] == {"provider": "email", "providers": ["email"]}
    assert [identity["provider"] for identity in user["identities"]] == ["email"]
    assert "new_email" not in user
    assert anonymous_auth.sign_in()["user"]["id"] == user["id"]


def test_address_waits_for_its_mail_with_confirmation(make_auth: MakeAuth) -> None:
    auth = make_auth(enable_anonymous_sign_ins=True, email={"enable_confirmations": True})
    bearer = auth.post("/signup", {}).json["access_token"]
    user = auth.put("/user", {"email": "ada@example.com"}, bearer=bearer).json
    assert (user["email"], user["is_anonymous"]) == ("", True)
    assert [mail.to for mail in auth.outbox.mails] == ["ada@example.com"]


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({}, "anonymous_provider_disabled"),
        ({"enable_anonymous_sign_ins": True, "enable_signup": False}, "signup_disabled"),
    ],
)
def test_may_be_closed(make_auth: MakeAuth, settings: dict[str, Any], code: str) -> None:
    assert_refused(make_auth(**settings).post("/signup", {}), 422, code)


def test_counts_requests_of_one_address(make_auth: MakeAuth) -> None:
    auth = make_auth(
        enable_anonymous_sign_ins=True,
        rate_limit={"anonymous_users": 2},
        context={"rate_limit_header": "X-Real-IP"},
    )
    headers = {"X-Real-IP": "203.0.113.7"}
    statuses = [auth.post("/signup", {}, headers=headers).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_error_of_a_projects_trigger(anonymous_auth: AuthService) -> None:
    anonymous_auth.database.execute(
        """create function public.refuse() returns trigger language plpgsql as
             $$ begin raise exception 'names only'; end $$;
           create trigger refuse before insert on auth.users
             for each row execute function public.refuse()"""
    )
    try:
        answer = anonymous_auth.post("/signup", {})
    finally:
        anonymous_auth.database.execute("drop function public.refuse cascade")
    assert answer.json == {"code": "P0001", "message": "names only"}
