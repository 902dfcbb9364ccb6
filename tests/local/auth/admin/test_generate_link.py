"""POST /admin/generate_link."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.auth.conftest import MakeAuth
from tests.local.auth.flows import ADA, HOME, ask_signup, assert_session_of, confirm_ada
from tests.local.auth.mails import fragment_of
from tests.local.auth.service import ISSUER, PASSWORD, AuthService, assert_refused

NEW = "new@example.com"
TAKEN = "A user with this email address has already been registered"


def generate(auth: AuthService, kind: str, email: str = ADA, **body: Any) -> Any:
    return auth.post(
        "/admin/generate_link", {"type": kind, "email": email, **body}, bearer=auth.service_role
    )


STRANGERS = {"signup": "signup", "invite": "invite", "magiclink": "signup"}
USERS = {"recovery": "recovery", "magiclink": "magiclink"}


@pytest.mark.parametrize(
    ("known", "kind"),
    [*((False, kind) for kind in STRANGERS), *((True, kind) for kind in USERS)],
)
class TestEveryKind:
    def make(self, auth: AuthService, known: bool, kind: str) -> Any:
        if known:
            confirm_ada(auth)
        answer = generate(auth, kind, password=PASSWORD, redirect_to=HOME, data={"a": 1})
        assert answer.status_code == 200, answer.json
        assert auth.outbox.mails == []
        return answer.json

    def test_answer(self, confirming_auth: AuthService, known: bool, kind: str) -> None:
        made = self.make(confirming_auth, known, kind)
        expected = (USERS if known else STRANGERS)[kind]
        assert made["verification_type"] == expected
        assert made["redirect_to"] == HOME
        assert made["action_link"] == (
            f"{ISSUER}/verify?token={made['hashed_token']}&type={expected}&redirect_to={HOME}"
        )
        assert (len(made["email_otp"]), len(made["hashed_token"])) == (6, 56)
        assert (made["email"], made["aud"]) == (ADA, "authenticated")
        assert made["user_metadata"].get("a") == (None if known else 1)

    def test_link_works(self, confirming_auth: AuthService, known: bool, kind: str) -> None:
        made = self.make(confirming_auth, known, kind)
        location = confirming_auth.get(made["action_link"].removeprefix(ISSUER)).headers["Location"]
        assert_session_of(confirming_auth, fragment_of(location), ADA)

    def test_hash_works(self, confirming_auth: AuthService, known: bool, kind: str) -> None:
        made = self.make(confirming_auth, known, kind)
        proof = {"type": made["verification_type"], "token_hash": made["hashed_token"]}
        assert_session_of(confirming_auth, confirming_auth.post("/verify", proof).json, ADA)

    def test_code_works(self, confirming_auth: AuthService, known: bool, kind: str) -> None:
        made = self.make(confirming_auth, known, kind)
        proof = {"type": made["verification_type"], "email": ADA, "token": made["email_otp"]}
        assert_session_of(confirming_auth, confirming_auth.post("/verify", proof).json, ADA)


class TestChangeOfAddress:
    def test_both_links_change_it(self, confirming_auth: AuthService) -> None:
        confirm_ada(confirming_auth)
        for kind in ("email_change_current", "email_change_new"):
            made = generate(confirming_auth, kind, new_email=NEW).json
            assert (made["verification_type"], made["new_email"]) == (kind, NEW)
            assert "type=email_change&" in made["action_link"]
            path = made["action_link"].removeprefix(ISSUER)
            location = confirming_auth.get(path).headers["Location"]
            if kind == "email_change_current":
                assert "message" in fragment_of(location)
        # Each request starts the change anew, so the first agreement no longer counts.
        assert confirming_auth.row("select email from auth.users") == (ADA,)

    def test_new_address_alone(self, make_auth: MakeAuth) -> None:
        auth = make_auth(email={"enable_confirmations": True, "double_confirm_changes": False})
        confirm_ada(auth)
        made = generate(auth, "email_change_new", new_email=NEW).json
        proof = {"type": "email_change", "email": NEW, "token": made["email_otp"]}
        assert auth.post("/verify", proof).json["user"]["email"] == NEW

    def test_current_address_needs_double_confirmation(self, make_auth: MakeAuth) -> None:
        auth = make_auth(email={"double_confirm_changes": False})
        confirm_ada(auth)
        answer = generate(auth, "email_change_current", new_email=NEW)
        message = "Enable secure email change to generate link for current email"
        assert_refused(answer, 400, "validation_failed", message)

    def test_taken_address(self, auth: AuthService) -> None:
        confirm_ada(auth)
        auth.sign_up(NEW)
        answer = generate(auth, "email_change_new", new_email=NEW)
        assert_refused(answer, 422, "email_exists", TAKEN)

    def test_no_new_address(self, auth: AuthService) -> None:
        confirm_ada(auth)
        answer = generate(auth, "email_change_new")
        assert_refused(answer, 400, "validation_failed", "An email address is required")


@pytest.mark.parametrize("kind", ["recovery", "email_change_current", "email_change_new"])
def test_unknown_user(auth: AuthService, kind: str) -> None:
    answer = generate(auth, kind)
    assert_refused(answer, 404, "user_not_found", "User with this email not found")


@pytest.mark.parametrize("kind", ["signup", "invite"])
def test_confirmed_user_is_taken(auth: AuthService, kind: str) -> None:
    confirm_ada(auth)
    assert_refused(generate(auth, kind, password=PASSWORD), 422, "email_exists", TAKEN)


@pytest.mark.parametrize("kind", ["signup", "invite"])
def test_unconfirmed_user_gets_a_new_link(confirming_auth: AuthService, kind: str) -> None:
    ask_signup(confirming_auth, {})
    made = generate(confirming_auth, kind, data={"b": 2}).json
    assert made["user_metadata"].get("b") == (2 if kind == "signup" else None)
    assert ("invited_at" in made) is (kind == "invite")
    assert confirming_auth.count("auth.users") == 1


@pytest.mark.parametrize(
    ("body", "status", "code", "message"),
    [
        ({"type": "signup"}, 400, "validation_failed", "An email address is required"),
        (
            {"type": "signup", "email": ADA},
            400,
            "validation_failed",
            "Signup requires a valid password",
        ),
        ({"type": "signup", "email": ADA, "password": "abc"}, 422, "weak_password", ""),
        (
            {"type": "sms", "email": ADA},
            400,
            "validation_failed",
            "Invalid email action link type requested: sms",
        ),
        (
            {"email": ADA},
            400,
            "validation_failed",
            "Invalid email action link type requested: ",
        ),
    ],
)
def test_bad_requests(auth: AuthService, body: Any, status: int, code: str, message: str) -> None:
    answer = auth.post("/admin/generate_link", body, bearer=auth.service_role)
    assert_refused(answer, status, code, message)
    assert auth.count("auth.users") == 0


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("https://evil.example", "http://127.0.0.1:8080"),
        ("http://127.0.0.1:8080/x?a=1&b=2", "http://127.0.0.1:8080/x?a=1&b=2"),
    ],
)
def test_redirect_is_held_to_the_rules(auth: AuthService, asked: str, given: str) -> None:
    confirm_ada(auth)
    made = generate(auth, "recovery", redirect_to=asked).json
    assert made["redirect_to"] == given
    location = auth.get(made["action_link"].removeprefix(ISSUER)).headers["Location"]
    assert location.partition("#")[0] == given


def test_only_an_admin_may(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    body = {"type": "recovery", "email": ADA}
    assert_refused(auth.post("/admin/generate_link", body, bearer=bearer), 403, "not_admin")
    assert_refused(auth.post("/admin/generate_link", body), 401, "no_authorization")
