"""GET and POST /admin/users."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import bcrypt
import pytest

from tests.local.auth.conftest import MakeAuth
from tests.local.auth.flows import ADA, ask_signup
from tests.local.auth.service import PASSWORD, AuthService, assert_refused
from tests.local.auth.test_imported_hashes import ARGON2ID, FIREBASE

TAKEN = "A user with this email address has already been registered"


def create(auth: AuthService, **body: Any) -> Any:
    return auth.post("/admin/users", body, bearer=auth.service_role)


def listing(auth: AuthService, query: str = "") -> Any:
    return auth.get(f"/admin/users{query}", bearer=auth.service_role)


@pytest.fixture
def five_users(auth: AuthService) -> AuthService:
    for number in range(5):
        create(auth, email=f"user{number}@example.com", user_metadata={"full_name": f"N {number}"})
        auth.clock.advance(timedelta(seconds=1))
    return auth


class TestCreate:
    def test_answers_the_user(self, auth: AuthService) -> None:
        answer = create(
            auth,
            email="Ada@Example.com",
            password=PASSWORD,
            user_metadata={"full_name": "Ada"},
            app_metadata={"plan": "pro"},
        )
        assert answer.status_code == 200
        user = answer.json
        assert (user["email"], user["role"], user["aud"]) == (ADA, "authenticated", "authenticated")
        assert user["user_metadata"] == {"full_name": "Ada"}
        assert user["app_metadata"] == {
            "provider": "email",
            "providers": ["email"],
            "plan": "pro",
        }
        assert [identity["provider"] for identity in user["identities"]] == ["email"]
        assert "email_confirmed_at" not in user
        assert auth.outbox.mails == []
        payload = auth.row("select payload from auth.audit_log_entries")[0]
        assert payload["action"] == "user_signedup"
        assert payload["actor_id"] == "00000000-0000-0000-0000-000000000000"
        assert payload["traits"] == {
            "user_id": user["id"],
            "user_email": ADA,
            "user_phone": "",
            "provider": "email",
        }

    def test_stored_user_is_what_was_answered(self, auth: AuthService) -> None:
        made = create(auth, email=ADA, email_confirm=True, user_metadata={"a": 1}).json
        read = auth.get(f"/admin/users/{made['id']}", bearer=auth.service_role).json
        assert {**made, "identities": None} == {**read, "identities": None}
        assert made["identities"][0]["identity_id"] == read["identities"][0]["identity_id"]

    def test_confirmed_user_may_sign_in(self, auth: AuthService) -> None:
        create(auth, email=ADA, password=PASSWORD, email_confirm=True)
        assert auth.sign_in()["user"]["email_confirmed_at"]

    def test_unconfirmed_user_may_not(self, auth: AuthService) -> None:
        create(auth, email=ADA, password=PASSWORD)
        answer = auth.post("/token?grant_type=password", {"email": ADA, "password": PASSWORD})
        assert_refused(answer, 400, "email_not_confirmed")

    def test_hash_of_a_password_is_taken(self, auth: AuthService) -> None:
        stored = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
        create(auth, email=ADA, password_hash=stored, email_confirm=True)
        assert auth.sign_in()

    @pytest.mark.parametrize(
        ("stored", "password"), [(ARGON2ID, "password"), (FIREBASE, "user1password")]
    )
    def test_hashes_of_other_kinds_are_taken(
        self, auth: AuthService, stored: str, password: str
    ) -> None:
        create(auth, email=ADA, password_hash=stored, email_confirm=True)
        assert auth.sign_in(password=password)
        answer = auth.post("/token?grant_type=password", {"email": ADA, "password": PASSWORD})
        assert_refused(answer, 400, "invalid_credentials")

    def test_without_password_nobody_knows_it(self, auth: AuthService) -> None:
        create(auth, email=ADA, email_confirm=True)
        answer = auth.post("/token?grant_type=password", {"email": ADA, "password": ""})
        assert_refused(answer, 400, "invalid_credentials")
        (stored,) = auth.row("select encrypted_password from auth.users")
        assert stored.startswith("$2a$04$")

    def test_phone(self, auth: AuthService) -> None:
        user = create(auth, phone="+49 151 12345678", phone_confirm=True).json
        assert (user["phone"], user["email"]) == ("4915112345678", "")
        assert user["phone_confirmed_at"] == user["confirmed_at"]
        assert user["app_metadata"] == {"provider": "phone", "providers": ["phone"]}
        assert user["identities"][0]["identity_data"]["phone"] == "4915112345678"

    def test_own_id_role_and_audience(self, auth: AuthService) -> None:
        chosen = str(uuid4())
        user = create(auth, email=ADA, id=chosen, role="editor", aud="other").json
        assert (user["id"], user["role"], user["aud"]) == (chosen, "editor", "other")

    def test_ban(self, auth: AuthService) -> None:
        create(auth, email=ADA, password=PASSWORD, email_confirm=True, ban_duration="1h30m")
        body = {"email": ADA, "password": PASSWORD}
        assert_refused(auth.post("/token?grant_type=password", body), 400, "user_banned")
        auth.clock.advance(timedelta(minutes=91))
        assert auth.post("/token?grant_type=password", body).status_code == 200

    def test_strength_rules_do_not_bind_an_admin(self, make_auth: MakeAuth) -> None:
        auth = make_auth(minimum_password_length=12)
        assert create(auth, email=ADA, password="short").status_code == 200

    @pytest.mark.parametrize("taken", [ADA, "ADA@example.com"])
    def test_taken_address(self, auth: AuthService, taken: str) -> None:
        create(auth, email=ADA)
        assert_refused(create(auth, email=taken), 422, "email_exists", TAKEN)

    def test_taken_phone(self, auth: AuthService) -> None:
        create(auth, phone="4915112345678")
        message = "Phone number already registered by another user"
        assert_refused(create(auth, phone="+4915112345678"), 422, "phone_exists", message)

    def test_taken_id(self, auth: AuthService) -> None:
        chosen = str(uuid4())
        create(auth, email=ADA, id=chosen)
        answer = create(auth, email="eve@example.com", id=chosen)
        assert_refused(answer, 409, "conflict", "A user with this ID already exists")

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            ({}, "Cannot create a user without either an email or phone"),
            ({"email": "ada"}, "Unable to validate email address: invalid format"),
            ({"phone": "12 34 abc"}, "Invalid phone number format (E.164 required)"),
            (
                {"email": ADA, "password": "a", "password_hash": "b"},
                "Only a password or a password hash should be provided",
            ),
            (
                {"email": ADA, "password": "x" * 73},
                "bcrypt: password length exceeds 72 bytes",
            ),
            (
                {"email": ADA, "password_hash": "$argon2id$x"},
                "password_hash: not a hash of Argon2i or Argon2id, version 19, without more",
            ),
            ({"email": ADA, "id": "7"}, "ID must conform to the uuid v4 format"),
            (
                {"email": ADA, "id": "00000000-0000-0000-0000-000000000000"},
                "ID cannot be a nil uuid",
            ),
            (
                {"email": ADA, "ban_duration": "9999999999999h"},
                "invalid format for ban duration: '9999999999999h' is longer than 106751 days",
            ),
            (
                {"email": ADA, "ban_duration": "9999999h"},
                "invalid format for ban duration: '9999999h' is longer than 106751 days",
            ),
        ],
    )
    def test_bad_requests(self, auth: AuthService, body: dict[str, Any], message: str) -> None:
        assert_refused(create(auth, **body), 400, "validation_failed", message)
        assert auth.count("auth.users") == 0

    @pytest.mark.parametrize("ban", ["soon", "1", "1y", "-1h", "none of your business"])
    def test_ban_that_is_no_duration(self, auth: AuthService, ban: str) -> None:
        answer = create(auth, email=ADA, ban_duration=ban)
        assert_refused(answer, 400, "validation_failed")
        assert answer.json["msg"].startswith(f"invalid format for ban duration: '{ban}'")

    def test_only_an_admin_may(self, auth: AuthService) -> None:
        bearer = auth.sign_up()["access_token"]
        answer = auth.post("/admin/users", {"email": "eve@example.com"}, bearer=bearer)
        assert_refused(answer, 403, "not_admin", "User not allowed")


class TestList:
    def test_newest_first(self, five_users: AuthService) -> None:
        answer = listing(five_users)
        assert answer.json["aud"] == "authenticated"
        names = [user["email"] for user in answer.json["users"]]
        assert names == [f"user{number}@example.com" for number in (4, 3, 2, 1, 0)]
        assert answer.headers["X-Total-Count"] == "5"
        assert answer.headers["Link"] == '</admin/users?page=1>; rel="last"'

    def test_pages(self, five_users: AuthService) -> None:
        answer = listing(five_users, "?per_page=2&page=2")
        names = [user["email"] for user in answer.json["users"]]
        assert names == ["user2@example.com", "user1@example.com"]
        assert answer.headers["Link"] == (
            '</admin/users?page=3&per_page=2>; rel="next", '
            '</admin/users?page=3&per_page=2>; rel="last"'
        )
        answer = listing(five_users, "?per_page=2&page=3")
        assert len(answer.json["users"]) == 1
        assert answer.headers["Link"] == '</admin/users?page=3&per_page=2>; rel="last"'
        assert listing(five_users, "?per_page=2&page=9").json["users"] == []

    @pytest.mark.parametrize("query", ["?page=0", "?per_page=0", "?page=99999999999999999999"])
    def test_odd_pages_do_no_harm(self, five_users: AuthService, query: str) -> None:
        assert listing(five_users, query).status_code == 200

    @pytest.mark.parametrize("query", ["?page=-1", "?per_page=x", "?page=1.5", "?page=²"])
    def test_what_is_no_page(self, auth: AuthService, query: str) -> None:
        answer = listing(auth, query)
        assert_refused(answer, 400, "validation_failed")
        assert answer.json["msg"].startswith("Bad Pagination Parameters: ")

    def test_sort(self, five_users: AuthService) -> None:
        answer = listing(five_users, "?sort=created_at asc&per_page=1")
        assert answer.json["users"][0]["email"] == "user0@example.com"

    @pytest.mark.parametrize(
        ("sort", "message"),
        [
            ("email", "Bad Sort Parameters: bad field for sort 'email'"),
            (
                "created_at up",
                "Bad Sort Parameters: bad direction for sort 'up', only 'asc' and 'desc' allowed",
            ),
        ],
    )
    def test_bad_sort(self, auth: AuthService, sort: str, message: str) -> None:
        assert_refused(listing(auth, f"?sort={sort}"), 400, "validation_failed", message)

    @pytest.mark.parametrize(
        ("wanted", "count"), [("user3", 1), ("n 4", 1), ("example.com", 5), ("' or 1=1", 0)]
    )
    def test_filter(self, five_users: AuthService, wanted: str, count: int) -> None:
        answer = listing(five_users, f"?filter={wanted}")
        assert len(answer.json["users"]) == count
        assert answer.headers["X-Total-Count"] == str(count)

    def test_shows_nothing_secret(self, confirming_auth: AuthService) -> None:
        ask_signup(confirming_auth, {})
        text = listing(confirming_auth).text
        assert "$2a$" not in text
        assert "token" not in text

    def test_only_an_admin_may(self, auth: AuthService) -> None:
        assert_refused(auth.get("/admin/users"), 401, "no_authorization")
        bearer = auth.sign_up()["access_token"]
        assert_refused(auth.get("/admin/users", bearer=bearer), 403, "not_admin")
        assert_refused(auth.get("/admin/users", bearer=auth.sign(role="anon")), 403, "not_admin")
