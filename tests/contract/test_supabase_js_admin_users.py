"""@supabase/supabase-js with the secret key: what may be said of a user, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from hipflask.testing import SupabaseBackend
from tests.contract.js_client import JsClient, Thrown
from tests.contract.links import fragment_of, query_of, redirect_of

EMAIL = "ann@example.com"
PHONE = "4915112345678"
PASSWORD = "a long enough password"
NOBODY = "3f0a4c1e-0000-4000-8000-000000000000"
# What comes with the reference implementation of Argon2, for "password".
ARGON2ID = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
NOT_FOUND = (404, "user_not_found")
BAD = (400, "validation_failed")

pytestmark = pytest.mark.supabase(auth={"sms": {"enable_signup": True}})


def refused(error: dict[str, Any]) -> tuple[int, str]:
    return error["status"], error["code"]


def test_everything_that_a_new_user_may_have(js_admin: JsClient, js: JsClient) -> None:
    made = js_admin(
        "auth.admin.createUser",
        {
            "id": NOBODY,
            "email": EMAIL,
            "phone": PHONE,
            "password_hash": ARGON2ID,
            "email_confirm": True,
            "phone_confirm": True,
            "role": "editor",
            "user_metadata": {"name": "Ann"},
            "app_metadata": {"plan": "pro"},
            "ban_duration": "none",
        },
    )["user"]
    assert (made["id"], made["phone"], made["role"]) == (NOBODY, PHONE, "editor")
    assert (made["email_confirmed_at"], made["phone_confirmed_at"]) != (None, None)
    assert made["app_metadata"] == {
        "provider": "email",
        "providers": ["email", "phone"],
        "plan": "pro",
    }
    assert {one["provider"] for one in made["identities"]} == {"email", "phone"}
    for who in ({"email": EMAIL}, {"phone": PHONE}):
        user = js("auth.signInWithPassword", {**who, "password": "password"})["user"]
        assert (user["id"], user["user_metadata"]["name"]) == (NOBODY, "Ann")


@pytest.mark.parametrize(
    ("attributes", "answer"),
    [
        ({}, BAD),
        ({"email": "no address"}, BAD),
        ({"phone": "no number"}, BAD),
        ({"email": EMAIL, "id": "7"}, BAD),
        ({"email": EMAIL, "ban_duration": "soon"}, BAD),
        ({"email": EMAIL, "password": PASSWORD, "password_hash": ARGON2ID}, BAD),
        ({"email": EMAIL, "password_hash": "plain"}, BAD),
        ({"email": EMAIL, "password": "x" * 73}, BAD),
        ({"email": EMAIL, "app_metadata": "pro"}, (400, "bad_json")),
        ({"email": "bob@example.com"}, (422, "email_exists")),
        ({"phone": "4915100000000"}, (422, "phone_exists")),
        ({"email": EMAIL, "id": NOBODY}, (409, "conflict")),
    ],
)
def test_users_that_are_not_made(
    js_admin: JsClient, attributes: dict[str, Any], answer: tuple[int, str]
) -> None:
    bob = {"id": NOBODY, "email": "bob@example.com", "phone": "4915100000000"}
    js_admin("auth.admin.createUser", bob)
    assert refused(js_admin.error("auth.admin.createUser", attributes)) == answer


def test_everything_that_may_change(
    js_admin: JsClient, js: JsClient, backend: SupabaseBackend
) -> None:
    user = backend.create_user(EMAIL)
    changed = js_admin(
        "auth.admin.updateUserById",
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
    )["user"]
    assert (changed["email"], changed["phone"]) == ("new@example.com", PHONE)
    assert (changed["role"], changed["app_metadata"]["plan"]) == ("editor", "pro")
    for who in ({"email": "new@example.com"}, {"phone": PHONE}):
        assert js("auth.signInWithPassword", {**who, "password": PASSWORD})["session"]
    js_admin(
        "auth.admin.updateUserById",
        user.id,
        {"user_metadata": {"name": None, "city": "Basel"}, "app_metadata": {"plan": None}},
    )
    read = js_admin("auth.admin.getUserById", user.id)["user"]
    assert "plan" not in read["app_metadata"]
    assert ("name" in read["user_metadata"], read["user_metadata"]["city"]) == (False, "Basel")


@pytest.mark.parametrize(
    ("attributes", "answer"),
    [
        ({"email": "no address"}, BAD),
        ({"phone": "no number"}, BAD),
        ({"ban_duration": "soon"}, BAD),
        ({"password": "short"}, (422, "weak_password")),
        ({"email": "bob@example.com"}, (422, "email_exists")),
        ({"phone": "4915100000000"}, (422, "phone_exists")),
    ],
)
def test_changes_that_are_not_made(
    js_admin: JsClient,
    backend: SupabaseBackend,
    attributes: dict[str, Any],
    answer: tuple[int, str],
) -> None:
    js_admin("auth.admin.createUser", {"email": "bob@example.com", "phone": "4915100000000"})
    user = backend.create_user(EMAIL)
    before = js_admin("auth.admin.getUserById", user.id)["user"]
    error = js_admin.error("auth.admin.updateUserById", user.id, attributes)
    assert refused(error) == answer
    assert js_admin("auth.admin.getUserById", user.id)["user"] == before


def test_nobody_to_change_or_delete(js_admin: JsClient) -> None:
    for error in (
        js_admin.error("auth.admin.getUserById", NOBODY),
        js_admin.error("auth.admin.updateUserById", NOBODY, {}),
        js_admin.error("auth.admin.deleteUser", NOBODY),
        js_admin.error("auth.admin.deleteUser", NOBODY, True),
        js_admin.error("auth.admin.mfa.listFactors", {"userId": NOBODY}),
        js_admin.error("auth.admin.mfa.deleteFactor", {"userId": NOBODY, "id": NOBODY}),
    ):
        assert refused(error) == NOT_FOUND


def test_no_such_factor(js_admin: JsClient, backend: SupabaseBackend) -> None:
    user = backend.create_user(EMAIL)
    assert js_admin("auth.admin.mfa.listFactors", {"userId": user.id})["factors"] == []
    error = js_admin.error("auth.admin.mfa.deleteFactor", {"userId": user.id, "id": NOBODY})
    assert refused(error) == (404, "mfa_factor_not_found")


def test_the_client_itself_refuses_what_is_no_id(js_admin: JsClient) -> None:
    with pytest.raises(Thrown, match="UUID"):
        js_admin.error("auth.admin.deleteUser", "../users")


def test_a_deleted_user_is_gone(js_admin: JsClient, js: JsClient, backend: SupabaseBackend) -> None:
    user = backend.create_user(EMAIL, password=PASSWORD)
    js_admin("auth.admin.deleteUser", user.id)
    assert js_admin("auth.admin.listUsers")["users"] == []
    error = js.error("auth.signInWithPassword", {"email": EMAIL, "password": PASSWORD})
    assert refused(error) == (400, "invalid_credentials")


@pytest.mark.parametrize(
    ("scope", "alive"),
    [("local", [False, True, True]), ("others", [True, False, True])],
)
def test_scopes_of_signing_out(
    js_admin: JsClient, backend: SupabaseBackend, scope: str, alive: list[bool]
) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    backend.create_user("bob@example.com", password=PASSWORD)
    whose = (EMAIL, EMAIL, "bob@example.com")
    sessions = [backend.sign_in(email, password=PASSWORD) for email in whose]
    js_admin("auth.admin.signOut", sessions[0].access_token, scope)
    answers = [
        backend.request("GET", "/auth/v1/user", headers=one.headers).status_code for one in sessions
    ]
    assert [status == 200 for status in answers] == alive


def test_tokens_that_sign_nobody_out(js_admin: JsClient, backend: SupabaseBackend) -> None:
    error = js_admin.error("auth.admin.signOut", "no.good.token")
    assert refused(error) == (403, "bad_jwt")
    session = backend.signed_in(EMAIL)
    js_admin("auth.admin.signOut", session.access_token)
    error = js_admin.error("auth.admin.signOut", session.access_token)
    assert error["name"] == "AuthSessionMissingError"
    with pytest.raises(Thrown, match="scope"):
        js_admin.error("auth.admin.signOut", session.access_token, "everybody")


def test_an_invitation_leads_where_it_should(js_admin: JsClient, backend: SupabaseBackend) -> None:
    options = {"redirectTo": "http://127.0.0.1:8080/welcome", "data": {"team": "blue"}}
    invited = js_admin("auth.admin.inviteUserByEmail", EMAIL, options)["user"]
    assert invited["user_metadata"]["team"] == "blue"
    location = redirect_of(backend.mailbox.latest(to=EMAIL).link)
    assert location.startswith("http://127.0.0.1:8080/welcome#")
    assert fragment_of(location)["type"] == "invite"


def test_invitations_that_are_not_sent(
    js_admin: JsClient, js: JsClient, backend: SupabaseBackend
) -> None:
    backend.create_user(EMAIL)
    error = js_admin.error("auth.admin.inviteUserByEmail", EMAIL)
    assert refused(error) == (422, "email_exists")
    assert refused(js_admin.error("auth.admin.inviteUserByEmail", "no address")) == BAD
    assert js.error("auth.admin.inviteUserByEmail", "eve@example.com")["status"] in (401, 403)
    assert len(backend.mailbox) == 0


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({"type": "recovery", "email": "nobody@example.com"}, NOT_FOUND),
        (
            {"type": "email_change_new", "email": "nobody@example.com", "newEmail": EMAIL},
            NOT_FOUND,
        ),
        ({"type": "signup", "email": EMAIL, "password": PASSWORD}, (422, "email_exists")),
        ({"type": "invite", "email": EMAIL}, (422, "email_exists")),
        ({"type": "email_change_new", "email": EMAIL, "newEmail": "no address"}, BAD),
        (
            {"type": "email_change_new", "email": EMAIL, "newEmail": "bob@example.com"},
            (422, "email_exists"),
        ),
        ({"type": "signup", "email": "new@example.com"}, BAD),
        (
            {"type": "signup", "email": "new@example.com", "password": "short"},
            (422, "weak_password"),
        ),
        ({"type": "magiclink", "email": "no address"}, BAD),
        ({"type": "reauthentication", "email": EMAIL}, BAD),
    ],
)
def test_links_that_are_not_made(
    js_admin: JsClient, backend: SupabaseBackend, asked: dict[str, Any], answer: tuple[int, str]
) -> None:
    backend.create_user(EMAIL)
    backend.create_user("bob@example.com")
    assert refused(js_admin.error("auth.admin.generateLink", asked)) == answer


def test_a_link_leads_where_it_should(js_admin: JsClient) -> None:
    made = js_admin(
        "auth.admin.generateLink",
        {
            "type": "magiclink",
            "email": EMAIL,
            "options": {
                "redirectTo": "http://127.0.0.1:8080/welcome",
                "data": {"team": "blue"},
            },
        },
    )
    properties = made["properties"]
    assert properties["redirect_to"] == "http://127.0.0.1:8080/welcome"
    assert query_of(properties["action_link"])["redirect_to"] == properties["redirect_to"]
    assert properties["verification_type"] == "signup", "the address was unknown"
    assert made["user"]["user_metadata"]["team"] == "blue"
    location = redirect_of(properties["action_link"])
    assert location.startswith("http://127.0.0.1:8080/welcome#access_token=")
