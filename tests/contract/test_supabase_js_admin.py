"""@supabase/supabase-js with the secret key: what an administrator does."""

from __future__ import annotations

import uuid

import pytest

from hipflask.testing import SupabaseBackend
from tests.contract.js_client import JsClient, NodeProcess
from tests.contract.links import fragment_of, query_of, redirect_of

EMAIL = "ann@example.com"
OTHER = "bob@example.com"
PASSWORD = "a long enough password"


def test_creates_reads_updates_and_deletes(js_admin: JsClient, js: JsClient) -> None:
    made = js_admin(
        "auth.admin.createUser",
        {
            "email": EMAIL,
            "password": PASSWORD,
            "email_confirm": True,
            "app_metadata": {"plan": "pro"},
        },
    )["user"]
    assert made["app_metadata"]["plan"] == "pro"
    assert js_admin("auth.admin.getUserById", made["id"])["user"]["email"] == EMAIL
    js_admin("auth.admin.updateUserById", made["id"], {"user_metadata": {"city": "Basel"}})
    assert js("auth.signInWithPassword", {"email": EMAIL, "password": PASSWORD})["user"][
        "user_metadata"
    ] == {"city": "Basel", "email_verified": True}
    js_admin("auth.admin.deleteUser", made["id"])
    error = js_admin.error("auth.admin.getUserById", made["id"])
    assert (error["status"], error["code"]) == (404, "user_not_found")


def test_lists_pages(js_admin: JsClient, backend: SupabaseBackend) -> None:
    for number in range(5):
        backend.create_user(f"user{number}@example.com")
    page = js_admin("auth.admin.listUsers", {"page": 2, "perPage": 2})
    assert len(page["users"]) == 2
    assert page["total"] == 5
    assert (page["nextPage"], page["lastPage"]) == (3, 3)


def test_an_address_is_taken_once(js_admin: JsClient, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL)
    error = js_admin.error("auth.admin.createUser", {"email": EMAIL.upper(), "password": PASSWORD})
    assert (error["status"], error["code"]) == (422, "email_exists")


def test_bans_and_unbans(js_admin: JsClient, js: JsClient, backend: SupabaseBackend) -> None:
    user = backend.create_user(EMAIL, password=PASSWORD)
    login = {"email": EMAIL, "password": PASSWORD}
    js_admin("auth.admin.updateUserById", user.id, {"ban_duration": "24h"})
    assert js.error("auth.signInWithPassword", login)["code"] == "user_banned"
    js_admin("auth.admin.updateUserById", user.id, {"ban_duration": "none"})
    assert js("auth.signInWithPassword", login)["session"]


def test_soft_delete_keeps_the_row(js_admin: JsClient, backend: SupabaseBackend) -> None:
    user = backend.create_user(EMAIL)
    js_admin("auth.admin.deleteUser", user.id, True)
    kept = js_admin("auth.admin.getUserById", user.id)["user"]
    assert kept["deleted_at"]
    assert kept.get("email") != EMAIL


def test_invites_by_mail(js_admin: JsClient, backend: SupabaseBackend) -> None:
    invited = js_admin("auth.admin.inviteUserByEmail", EMAIL, {"data": {"team": "blue"}})["user"]
    assert invited["invited_at"]
    tokens = fragment_of(redirect_of(backend.mailbox.latest(to=EMAIL).link))
    assert tokens["type"] == "invite"
    assert tokens["access_token"]


@pytest.mark.parametrize("kind", ["signup", "invite", "magiclink", "recovery"])
def test_generates_links_without_mail(
    js_admin: JsClient, js: JsClient, backend: SupabaseBackend, kind: str
) -> None:
    arguments = {"type": kind, "email": EMAIL}
    if kind == "signup":
        arguments["password"] = PASSWORD
    if kind in ("magiclink", "recovery"):
        backend.create_user(EMAIL, password=PASSWORD)
    made = js_admin("auth.admin.generateLink", arguments)
    properties = made["properties"]
    assert properties["verification_type"] == kind
    assert len(properties["email_otp"]) == 6
    assert query_of(properties["action_link"])["token"] == properties["hashed_token"]
    assert len(backend.mailbox) == 0
    answer = js("auth.verifyOtp", {"token_hash": properties["hashed_token"], "type": kind})
    assert answer["session"]["user"]["email"] == EMAIL


def test_generates_both_links_of_an_email_change(
    js_admin: JsClient, backend: SupabaseBackend
) -> None:
    backend.create_user(EMAIL)
    for kind in ("email_change_current", "email_change_new"):
        made = js_admin(
            "auth.admin.generateLink",
            {"type": kind, "email": EMAIL, "newEmail": "new@example.com"},
        )
        assert made["properties"]["verification_type"] == kind


def test_signs_somebody_out(js_admin: JsClient, js: JsClient, backend: SupabaseBackend) -> None:
    session = backend.signed_in(EMAIL)
    js_admin("auth.admin.signOut", session.access_token, "global")
    error = js.error("auth.refreshSession", {"refresh_token": session.refresh_token})
    assert error["code"] == "refresh_token_not_found"


@pytest.mark.parametrize("key", ["publishable_key", "anon_key"])
def test_a_visitor_is_no_administrator(
    node: NodeProcess, backend: SupabaseBackend, key: str
) -> None:
    visitor = node.create(backend.url, getattr(backend, key))
    error = visitor.error("auth.admin.listUsers")
    assert error["status"] in (401, 403)
    assert error["code"] in ("no_authorization", "not_admin")


def test_a_user_is_no_administrator(js: JsClient, backend: SupabaseBackend) -> None:
    session = backend.signed_in(EMAIL)
    answer = backend.request("GET", "/auth/v1/admin/users", headers=session.headers)
    assert answer.status_code == 403
    assert answer.get_json()["error_code"] == "not_admin"


def test_the_legacy_service_key_works_too(node: NodeProcess, backend: SupabaseBackend) -> None:
    legacy = node.create(backend.url, backend.service_role_key)
    assert legacy("auth.admin.listUsers")["users"] == []


@pytest.mark.parametrize("user_id", [str(uuid.UUID(int=1)), "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_user_is_not_found(js_admin: JsClient, user_id: str) -> None:
    error = js_admin.error("auth.admin.updateUserById", user_id, {"user_metadata": {}})
    assert (error["status"], error["code"]) == (404, "user_not_found")


def test_a_factor_of_nobody(js_admin: JsClient, backend: SupabaseBackend) -> None:
    user, nobody = backend.create_user(EMAIL).id, str(uuid.UUID(int=1))
    error = js_admin.error("auth.admin.mfa.listFactors", {"userId": nobody})
    assert (error["status"], error["code"]) == (404, "user_not_found")
    error = js_admin.error("auth.admin.mfa.deleteFactor", {"userId": user, "id": nobody})
    assert (error["status"], error["code"]) == (404, "mfa_factor_not_found")


def test_what_an_administrator_cannot_do_either(
    js_admin: JsClient, backend: SupabaseBackend
) -> None:
    backend.create_user(EMAIL)
    error = js_admin.error("auth.admin.inviteUserByEmail", EMAIL)
    assert (error["status"], error["code"]) == (422, "email_exists")
    error = js_admin.error("auth.admin.inviteUserByEmail", "no address")
    assert (error["status"], error["code"]) == (400, "validation_failed")
    error = js_admin.error("auth.admin.deleteUser", str(uuid.UUID(int=1)))
    assert (error["status"], error["code"]) == (404, "user_not_found")
    error = js_admin.error("auth.admin.signOut", "no.token.here")
    assert (error["status"], error["code"]) == (403, "bad_jwt")


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"type": "recovery", "email": "nobody@example.com"}, 404, "user_not_found"),
        ({"type": "magiclink", "email": "no address"}, 400, "validation_failed"),
        ({"type": "unheard", "email": EMAIL}, 400, "validation_failed"),
        ({"type": "signup", "email": EMAIL, "password": PASSWORD}, 422, "email_exists"),
        ({"type": "email_change_new", "email": EMAIL, "newEmail": OTHER}, 422, "email_exists"),
        ({"type": "invite", "email": EMAIL}, 422, "email_exists"),
    ],
)
def test_links_that_are_refused(
    js_admin: JsClient, backend: SupabaseBackend, asked: object, status: int, code: str
) -> None:
    backend.create_user(EMAIL)
    backend.create_user(OTHER)
    error = js_admin.error("auth.admin.generateLink", asked)
    assert (error["status"], error["code"]) == (status, code)
