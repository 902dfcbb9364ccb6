"""GET, PUT and DELETE /admin/users/ID."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from hipflask.local.auth.admin.parameters import EMAIL_TAKEN, PHONE_TAKEN
from tests.local.auth.conftest import MakeAuth
from tests.local.auth.flows import ADA
from tests.local.auth.service import PASSWORD, AuthService, assert_refused, claims_of


@pytest.fixture
def ada(auth: AuthService) -> str:
    """The id of a user who has signed up and is signed in."""
    return str(auth.sign_up()["user"]["id"])


def update(auth: AuthService, user_id: str, **body: Any) -> Any:
    return auth.put(f"/admin/users/{user_id}", body, bearer=auth.service_role)


def delete(auth: AuthService, user_id: str, body: Any = None) -> Any:
    return auth.delete(f"/admin/users/{user_id}", body, bearer=auth.service_role)


class TestGet:
    def test_answers_the_user(self, auth: AuthService, ada: str) -> None:
        answer = auth.get(f"/admin/users/{ada}", bearer=auth.service_role)
        assert (answer.status_code, answer.json["email"]) == (200, ADA)
        assert len(answer.json["identities"]) == 1

    def test_unknown(self, auth: AuthService) -> None:
        answer = auth.get(f"/admin/users/{uuid4()}", bearer=auth.service_role)
        assert_refused(answer, 404, "user_not_found", "User not found")

    def test_no_id(self, auth: AuthService) -> None:
        answer = auth.get("/admin/users/7", bearer=auth.service_role)
        assert_refused(answer, 404, "validation_failed", "user_id must be an UUID")

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_only_an_admin_may(self, auth: AuthService, ada: str, method: str) -> None:
        bearer = auth.sign_in()["access_token"]
        answer = auth.call(method, f"/admin/users/{ada}", {}, bearer=bearer)
        assert_refused(answer, 403, "not_admin")


class TestUpdate:
    def test_metadata_is_merged(self, auth: AuthService, ada: str) -> None:
        update(auth, ada, user_metadata={"a": 1, "b": 2}, app_metadata={"plan": "pro"})
        user = update(auth, ada, user_metadata={"a": None, "c": 3}).json
        assert {"b": 2, "c": 3}.items() <= user["user_metadata"].items()
        assert "a" not in user["user_metadata"]
        assert user["app_metadata"]["plan"] == "pro"
        assert user["app_metadata"]["provider"] == "email"

    def test_address_changes_at_once(self, auth: AuthService, ada: str) -> None:
        user = update(auth, ada, email="New@example.com", email_confirm=True).json
        assert user["email"] == "new@example.com"
        identity = user["identities"][0]["identity_data"]
        assert (identity["email"], identity["email_verified"]) == ("new@example.com", True)
        assert auth.sign_in("new@example.com")
        assert auth.outbox.mails == []

    def test_password_ends_every_session(self, auth: AuthService, ada: str) -> None:
        tokens = auth.sign_in()
        assert update(auth, ada, password="another horse").status_code == 200
        assert auth.count("auth.sessions") == 0
        assert auth.refresh(tokens["refresh_token"]).status_code == 400
        assert auth.sign_in(password="another horse")

    def test_weak_password(self, auth: AuthService, ada: str) -> None:
        answer = update(auth, ada, password="abc")
        assert_refused(answer, 422, "weak_password")
        assert answer.json["weak_password"] == {"reasons": ["length"]}

    def test_phone_gets_an_identity(self, auth: AuthService, ada: str) -> None:
        user = update(auth, ada, phone="+4915112345678", phone_confirm=True).json
        assert user["phone"] == "4915112345678"
        assert user["phone_confirmed_at"]
        assert [one["provider"] for one in user["identities"]] == ["email", "phone"]

    def test_role_is_in_the_next_token(self, auth: AuthService, ada: str) -> None:
        update(auth, ada, role="editor")
        assert claims_of(auth.sign_in()["access_token"])["role"] == "editor"

    def test_ban_and_its_end(self, auth: AuthService, ada: str) -> None:
        bearer = auth.sign_in()["access_token"]
        assert update(auth, ada, ban_duration="24h").json["banned_until"]
        assert_refused(auth.get("/user", bearer=bearer), 403, "user_banned")
        assert "banned_until" not in update(auth, ada, ban_duration="none").json
        assert auth.get("/user", bearer=bearer).status_code == 200

    def test_confirmation(self, confirming_auth: AuthService) -> None:
        user_id = confirming_auth.sign_up()["id"]
        assert update(confirming_auth, user_id, email_confirm=True).json["email_confirmed_at"]
        assert confirming_auth.count("auth.one_time_tokens") == 0
        assert confirming_auth.sign_in()

    def test_is_logged(self, auth: AuthService, ada: str) -> None:
        update(auth, ada, role="editor")
        assert auth.audit_actions()[-1] == "user_modified"

    def test_taken_address(self, auth: AuthService, ada: str) -> None:
        auth.sign_up("eve@example.com")
        answer = update(auth, ada, email="eve@example.com", user_metadata={"x": 1})
        assert_refused(answer, 422, "email_exists", EMAIL_TAKEN)
        read = auth.get(f"/admin/users/{ada}", bearer=auth.service_role).json
        assert (read["email"], "x" in read["user_metadata"]) == (ADA, False)

    def test_taken_phone(self, auth: AuthService, ada: str) -> None:
        auth.post("/admin/users", {"phone": "4915112345678"}, bearer=auth.service_role)
        answer = update(auth, ada, phone="+4915112345678")
        assert_refused(answer, 422, "phone_exists", PHONE_TAKEN)

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            ({"email": "ada"}, "Unable to validate email address: invalid format"),
            ({"phone": "x"}, "Invalid phone number format (E.164 required)"),
        ],
    )
    def test_bad_requests(self, auth: AuthService, ada: str, body: Any, message: str) -> None:
        assert_refused(update(auth, ada, **body), 400, "validation_failed", message)

    def test_unknown(self, auth: AuthService) -> None:
        assert_refused(update(auth, str(uuid4())), 404, "user_not_found")


class TestDelete:
    def test_is_gone_with_everything(self, auth: AuthService, ada: str) -> None:
        answer = delete(auth, ada)
        assert (answer.status_code, answer.json) == (200, {})
        for table in ("users", "identities", "sessions", "refresh_tokens"):
            assert auth.count(f"auth.{table}") == 0, table
        assert auth.audit_actions()[-1] == "user_deleted"

    def test_soft(self, auth: AuthService, ada: str) -> None:
        bearer = auth.sign_in()["access_token"]
        assert delete(auth, ada, {"should_soft_delete": True}).status_code == 200
        read = auth.get(f"/admin/users/{ada}", bearer=auth.service_role)
        assert ADA not in read.text
        user = read.json
        assert user["deleted_at"]
        assert (len(user["email"]), len(user["phone"])) == (43, 15)
        assert user["user_metadata"] == user["app_metadata"] == {}
        assert user["identities"][0]["identity_data"] == {}
        assert user["identities"][0]["id"] != ada
        assert_refused(auth.get("/user", bearer=bearer), 403, "session_not_found")
        body = {"email": ADA, "password": PASSWORD}
        assert auth.post("/token?grant_type=password", body).status_code == 400
        assert auth.sign_up()["user"]["id"] != ada, "the address is free again"

    def test_soft_twice(self, auth: AuthService, ada: str) -> None:
        delete(auth, ada, {"should_soft_delete": True})
        before = auth.row("select email, deleted_at from auth.users")
        assert delete(auth, ada, {"should_soft_delete": True}).status_code == 200
        assert auth.row("select email, deleted_at from auth.users") == before

    def test_false_means_hard(self, auth: AuthService, ada: str) -> None:
        delete(auth, ada, {"should_soft_delete": False})
        assert auth.count("auth.users") == 0

    def test_rows_that_refer_to_the_user_keep_them(self, auth: AuthService, ada: str) -> None:
        auth.database.execute("create table public.kept (id uuid references auth.users)")
        try:
            auth.database.execute("insert into public.kept values (%s)", (ada,))
            answer = delete(auth, ada)
            assert (answer.status_code, answer.json["code"]) == (500, "23503")
            assert auth.count("auth.users") == 1
        finally:
            auth.database.execute("drop table public.kept")

    def test_unknown(self, auth: AuthService) -> None:
        assert_refused(delete(auth, str(uuid4())), 404, "user_not_found")

    def test_broken_body(self, auth: AuthService, ada: str) -> None:
        assert_refused(delete(auth, ada, b"{"), 400, "bad_json")


def test_database_says_what_a_trigger_refuses(make_auth: MakeAuth) -> None:
    auth = make_auth()
    auth.database.execute(
        """create function public.refuse() returns trigger language plpgsql as
           $$begin raise exception 'only for members'; end$$;
           create trigger refuse before insert on auth.users
             for each row execute function public.refuse()"""
    )
    try:
        answer = auth.post("/admin/users", {"email": ADA}, bearer=auth.service_role)
        assert (answer.status_code, answer.json["message"]) == (500, "only for members")
    finally:
        auth.database.execute("drop trigger refuse on auth.users; drop function public.refuse()")
