"""GET and POST /verify: every flow by every kind of proof."""

from __future__ import annotations

import hashlib
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.local.auth.conftest import MakeAuth
from tests.local.auth.mails import ReadMail, fragment_of, query_of
from tests.local.auth.service import PASSWORD, AuthService, assert_refused, claims_of

ADA = "ada@example.com"
HOME = "http://127.0.0.1:8080/after"
VERIFIER = "v" * 50
PKCE = {
    "code_challenge": urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    .rstrip(b"=")
    .decode(),
    "code_challenge_method": "s256",
}


def confirm_ada(auth: AuthService) -> None:
    """Make Ada a user with a confirmed address, without a mail of this test's."""
    created = auth.post(
        "/admin/users",
        {"email": ADA, "password": PASSWORD, "email_confirm": True},
        bearer=auth.service_role,
    )
    assert created.status_code == 200, created.json


def ask_signup(auth: AuthService, challenge: dict[str, str]) -> None:
    auth.post(f"/signup?redirect_to={HOME}", {"email": ADA, "password": PASSWORD, **challenge})


def ask_recovery(auth: AuthService, challenge: dict[str, str]) -> None:
    confirm_ada(auth)
    auth.post(f"/recover?redirect_to={HOME}", {"email": ADA, **challenge})


def ask_magiclink(auth: AuthService, challenge: dict[str, str]) -> None:
    confirm_ada(auth)
    auth.post(f"/magiclink?redirect_to={HOME}", {"email": ADA, **challenge})


def ask_otp_of_stranger(auth: AuthService, challenge: dict[str, str]) -> None:
    auth.post(f"/otp?redirect_to={HOME}", {"email": ADA, **challenge})


def ask_invite(auth: AuthService, challenge: dict[str, str]) -> None:
    answer = auth.post(
        f"/invite?redirect_to={HOME}", {"email": ADA, **challenge}, bearer=auth.service_role
    )
    assert answer.status_code == 200, answer.json


Ask = Callable[[AuthService, dict[str, str]], None]
FLOWS: dict[str, tuple[Ask, str]] = {
    "signup": (ask_signup, "signup"),
    "recovery": (ask_recovery, "recovery"),
    "magiclink": (ask_magiclink, "magiclink"),
    "otp of a stranger": (ask_otp_of_stranger, "signup"),
    "invite": (ask_invite, "invite"),
}
PKCE_FLOWS = {name: flow for name, flow in FLOWS.items() if name != "invite"}


def mail_after(auth: AuthService, ask: Ask, challenge: dict[str, str] | None = None) -> ReadMail:
    ask(auth, challenge or {})
    assert len(auth.outbox.mails) == 1
    return ReadMail.of(auth.outbox.latest)


def assert_session_of(auth: AuthService, tokens: Any, email: str, method: str = "otp") -> None:
    claims = claims_of(tokens["access_token"])
    assert claims["email"] == email
    assert [entry["method"] for entry in claims["amr"]] == [method]
    answer = auth.get("/user", bearer=tokens["access_token"])
    assert answer.status_code == 200
    assert answer.json["email_confirmed_at"]
    assert auth.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize("flow", FLOWS)
class TestEveryFlow:
    def test_token_hash_opens_a_session(self, confirming_auth: AuthService, flow: str) -> None:
        ask, kind = FLOWS[flow]
        mail = mail_after(confirming_auth, ask)
        answer = confirming_auth.post("/verify", {"type": kind, "token_hash": mail.token_hash})
        assert answer.status_code == 200, answer.json
        assert_session_of(confirming_auth, answer.json, ADA)

    def test_code_opens_a_session(self, confirming_auth: AuthService, flow: str) -> None:
        ask, kind = FLOWS[flow]
        mail = mail_after(confirming_auth, ask)
        proof = {"type": kind, "email": "Ada@Example.com", "token": mail.code}
        answer = confirming_auth.post("/verify", proof)
        assert answer.status_code == 200, answer.json
        assert_session_of(confirming_auth, answer.json, ADA)

    def test_type_email_takes_every_code(self, confirming_auth: AuthService, flow: str) -> None:
        mail = mail_after(confirming_auth, FLOWS[flow][0])
        proof = {"type": "email", "email": ADA, "token": mail.code}
        assert_session_of(confirming_auth, confirming_auth.post("/verify", proof).json, ADA)

    def test_type_email_takes_every_hash(self, confirming_auth: AuthService, flow: str) -> None:
        mail = mail_after(confirming_auth, FLOWS[flow][0])
        proof = {"type": "email", "token_hash": mail.token_hash}
        assert_session_of(confirming_auth, confirming_auth.post("/verify", proof).json, ADA)

    def test_link_leads_home_with_tokens(self, confirming_auth: AuthService, flow: str) -> None:
        ask, kind = FLOWS[flow]
        mail = mail_after(confirming_auth, ask)
        assert mail.query["type"] == kind
        answer = confirming_auth.get(mail.path)
        assert answer.status_code == 303
        home, _, _ = answer.headers["Location"].partition("#")
        tokens = fragment_of(answer.headers["Location"])
        assert home == HOME
        assert list(tokens) == [
            "access_token",
            "expires_at",
            "expires_in",
            "refresh_token",
            "sb",
            "token_type",
            "type",
        ]
        assert (tokens["type"], tokens["token_type"], tokens["sb"]) == (kind, "bearer", "")
        assert_session_of(confirming_auth, tokens, ADA)

    def test_works_once(self, confirming_auth: AuthService, flow: str) -> None:
        ask, kind = FLOWS[flow]
        mail = mail_after(confirming_auth, ask)
        proof = {"type": kind, "token_hash": mail.token_hash}
        assert confirming_auth.post("/verify", proof).status_code == 200
        assert_refused(
            confirming_auth.post("/verify", proof),
            403,
            "otp_expired",
            "Email link is invalid or has expired",
        )
        code = {"type": kind, "email": ADA, "token": mail.code}
        assert_refused(
            confirming_auth.post("/verify", code),
            403,
            "otp_expired",
            "Token has expired or is invalid",
        )
        again = confirming_auth.get(mail.path)
        assert again.headers["Location"] == (
            f"{HOME}#error=access_denied&error_code=otp_expired"
            "&error_description=Email+link+is+invalid+or+has+expired&sb="
        )

    def test_expires(self, confirming_auth: AuthService, flow: str) -> None:
        ask, kind = FLOWS[flow]
        mail = mail_after(confirming_auth, ask)
        confirming_auth.clock.advance(timedelta(seconds=3601))
        hash_proof = {"type": kind, "token_hash": mail.token_hash}
        assert_refused(confirming_auth.post("/verify", hash_proof), 403, "otp_expired")
        code_proof = {"type": kind, "email": ADA, "token": mail.code}
        assert_refused(confirming_auth.post("/verify", code_proof), 403, "otp_expired")
        location = confirming_auth.get(mail.path).headers["Location"]
        assert fragment_of(location)["error_code"] == "otp_expired"
        assert confirming_auth.count("auth.sessions") == 0

    def test_lives_for_its_whole_time(self, confirming_auth: AuthService, flow: str) -> None:
        ask, kind = FLOWS[flow]
        mail = mail_after(confirming_auth, ask)
        confirming_auth.clock.advance(timedelta(seconds=3600))
        proof = {"type": kind, "token_hash": mail.token_hash}
        assert confirming_auth.post("/verify", proof).status_code == 200

    def test_code_is_for_one_address(self, confirming_auth: AuthService, flow: str) -> None:
        ask, kind = FLOWS[flow]
        mail = mail_after(confirming_auth, ask)
        proof = {"type": kind, "email": "eve@example.com", "token": mail.code}
        assert_refused(confirming_auth.post("/verify", proof), 403, "otp_expired")

    def test_wrong_type_finds_nothing(self, confirming_auth: AuthService, flow: str) -> None:
        ask, kind = FLOWS[flow]
        mail = mail_after(confirming_auth, ask)
        wrong = "recovery" if kind in ("signup", "invite") else "signup"
        hash_proof = {"type": wrong, "token_hash": mail.token_hash}
        assert_refused(confirming_auth.post("/verify", hash_proof), 403, "otp_expired")
        code_proof = {"type": wrong, "email": ADA, "token": mail.code}
        assert_refused(confirming_auth.post("/verify", code_proof), 403, "otp_expired")

    def test_banned_user_stays_out(self, confirming_auth: AuthService, flow: str) -> None:
        ask, kind = FLOWS[flow]
        mail = mail_after(confirming_auth, ask)
        confirming_auth.database.execute("update auth.users set banned_until = '2099-01-01'")
        hash_proof = {"type": kind, "token_hash": mail.token_hash}
        assert_refused(confirming_auth.post("/verify", hash_proof), 403, "user_banned")
        code_proof = {"type": kind, "email": ADA, "token": mail.code}
        assert_refused(confirming_auth.post("/verify", code_proof), 403, "user_banned")
        location = confirming_auth.get(mail.path).headers["Location"]
        assert fragment_of(location)["error_code"] == "user_banned"


METHODS = {
    "signup": "email/signup",
    "recovery": "recovery",
    "magiclink": "magiclink",
    "otp of a stranger": "email/signup",
}


@pytest.mark.parametrize("flow", PKCE_FLOWS)
class TestEveryPkceFlow:
    def test_link_leads_home_with_a_code(self, confirming_auth: AuthService, flow: str) -> None:
        mail = mail_after(confirming_auth, PKCE_FLOWS[flow][0], PKCE)
        assert mail.token_hash.startswith("pkce_")
        location = confirming_auth.get(mail.path).headers["Location"]
        assert location.startswith(f"{HOME}?code=")
        answer = confirming_auth.post(
            "/token?grant_type=pkce",
            {"auth_code": query_of(location)["code"], "code_verifier": VERIFIER},
        )
        assert answer.status_code == 200, answer.json
        assert_session_of(confirming_auth, answer.json, ADA, METHODS[flow])

    def test_hash_needs_no_verifier(self, confirming_auth: AuthService, flow: str) -> None:
        ask, kind = PKCE_FLOWS[flow]
        mail = mail_after(confirming_auth, ask, PKCE)
        answer = confirming_auth.post("/verify", {"type": kind, "token_hash": mail.token_hash})
        assert_session_of(confirming_auth, answer.json, ADA)

    def test_code_in_the_mail_works_too(self, confirming_auth: AuthService, flow: str) -> None:
        ask, kind = PKCE_FLOWS[flow]
        mail = mail_after(confirming_auth, ask, PKCE)
        proof = {"type": kind, "email": ADA, "token": mail.code}
        assert_session_of(confirming_auth, confirming_auth.post("/verify", proof).json, ADA)

    def test_error_is_in_query_and_fragment(self, confirming_auth: AuthService, flow: str) -> None:
        mail = mail_after(confirming_auth, PKCE_FLOWS[flow][0], PKCE)
        confirming_auth.get(mail.path)
        location = confirming_auth.get(mail.path).headers["Location"]
        expected = {
            "error": "access_denied",
            "error_code": "otp_expired",
            "error_description": "Email link is invalid or has expired",
        }
        assert query_of(location) == expected
        assert fragment_of(location) == {**expected, "sb": ""}

    def test_flow_that_is_gone_is_an_error(self, confirming_auth: AuthService, flow: str) -> None:
        mail = mail_after(confirming_auth, PKCE_FLOWS[flow][0], PKCE)
        confirming_auth.database.execute("delete from auth.flow_state")
        location = confirming_auth.get(mail.path).headers["Location"]
        assert query_of(location) == {
            "error": "invalid_request",
            "error_code": "flow_state_not_found",
            "error_description": (
                "No associated flow state found. 422: No valid flow state found for user."
            ),
        }
        assert (
            confirming_auth.post(
                "/verify", {"type": PKCE_FLOWS[flow][1], "token_hash": mail.token_hash}
            ).status_code
            == 200
        ), "a link that failed is not used up"


def test_otp_length_is_configurable(make_auth: MakeAuth) -> None:
    auth = make_auth(email={"enable_confirmations": True, "otp_length": 8})
    mail = mail_after(auth, ask_signup)
    assert len(mail.code) == 8
    proof = {"type": "signup", "email": ADA, "token": mail.code}
    assert auth.post("/verify", proof).status_code == 200


def test_lifetime_is_configurable(make_auth: MakeAuth) -> None:
    auth = make_auth(email={"enable_confirmations": True, "otp_expiry": 60})
    mail = mail_after(auth, ask_signup)
    auth.clock.advance(timedelta(seconds=61))
    proof = {"type": "signup", "token_hash": mail.token_hash}
    assert_refused(auth.post("/verify", proof), 403, "otp_expired")


def test_of_many_at_once_one_succeeds(confirming_auth: AuthService) -> None:
    mail = mail_after(confirming_auth, ask_signup)
    proofs = [
        {"type": "signup", "token_hash": mail.token_hash},
        {"type": "signup", "email": ADA, "token": mail.code},
    ]
    statuses: list[int] = []
    start = threading.Barrier(6)

    def use(proof: dict[str, str]) -> None:
        start.wait()
        statuses.append(confirming_auth.post("/verify", proof).status_code)

    threads = [threading.Thread(target=use, args=(proofs[number % 2],)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 403, 403, 403, 403, 403]
    assert confirming_auth.count("auth.sessions") == 1


def test_recovery_confirms_an_unconfirmed_address(confirming_auth: AuthService) -> None:
    ask_signup(confirming_auth, {})
    confirming_auth.post("/recover", {"email": ADA})
    mail = ReadMail.of(confirming_auth.outbox.latest)
    answer = confirming_auth.post("/verify", {"type": "recovery", "token_hash": mail.token_hash})
    assert answer.json["user"]["email_confirmed_at"]
    assert "user_signedup" in confirming_auth.audit_actions()


def test_using_one_token_ends_the_others(confirming_auth: AuthService) -> None:
    ask_signup(confirming_auth, {})
    signup_mail = ReadMail.of(confirming_auth.outbox.latest)
    confirming_auth.post("/recover", {"email": ADA})
    recovery_mail = ReadMail.of(confirming_auth.outbox.latest)
    proof = {"type": "signup", "token_hash": signup_mail.token_hash}
    assert confirming_auth.post("/verify", proof).status_code == 200
    proof = {"type": "recovery", "token_hash": recovery_mail.token_hash}
    assert_refused(confirming_auth.post("/verify", proof), 403, "otp_expired")
    assert confirming_auth.count("auth.one_time_tokens") == 0


def test_confirmation_marks_the_identity(confirming_auth: AuthService) -> None:
    mail = mail_after(confirming_auth, ask_signup)
    answer = confirming_auth.post("/verify", {"type": "signup", "token_hash": mail.token_hash})
    (identity,) = answer.json["user"]["identities"]
    assert identity["identity_data"]["email_verified"] is True
    assert answer.json["user"]["user_metadata"]["email_verified"] is True
    assert confirming_auth.audit_actions() == ["user_confirmation_requested", "user_signedup"]


def test_invited_user_has_a_password_nobody_knows(confirming_auth: AuthService) -> None:
    mail = mail_after(confirming_auth, ask_invite)
    confirming_auth.post("/verify", {"type": "invite", "token_hash": mail.token_hash})
    (stored,) = confirming_auth.row("select encrypted_password from auth.users")
    assert stored.startswith("$2a$")


def test_link_of_type_email_says_what_it_was(confirming_auth: AuthService) -> None:
    mail = mail_after(confirming_auth, ask_signup)
    location = confirming_auth.get(mail.path.replace("type=signup", "type=email")).headers[
        "Location"
    ]
    assert fragment_of(location)["type"] == "signup"


def test_recovery_token_may_be_called_magiclink(confirming_auth: AuthService) -> None:
    """The type of a link is a hint and no proof (facts, section F1)."""
    mail = mail_after(confirming_auth, ask_recovery)
    location = confirming_auth.get(mail.path.replace("=recovery", "=magiclink")).headers["Location"]
    assert fragment_of(location)["type"] == "magiclink"


class TestBadRequests:
    @pytest.mark.parametrize(
        ("path", "message"),
        [
            ("/verify", "Verify requires a verification type"),
            ("/verify?token=abc", "Verify requires a verification type"),
            ("/verify?type=signup", "Verify requires a token or a token hash"),
        ],
    )
    def test_link_without_its_parts(self, auth: AuthService, path: str, message: str) -> None:
        assert_refused(auth.get(path), 400, "validation_failed", message)

    def test_link_of_an_unknown_type(self, auth: AuthService) -> None:
        location = auth.get("/verify?token=abc&type=sms").headers["Location"]
        assert fragment_of(location) == {
            "error": "invalid_request",
            "error_code": "validation_failed",
            "error_description": "Invalid email verification type",
            "sb": "",
        }

    def test_pkce_link_of_a_type_without_flow(self, auth: AuthService) -> None:
        assert_refused(auth.get("/verify?token=pkce_abc&type=email"), 500, "unexpected_failure")

    @pytest.mark.parametrize(
        ("body", "status", "message"),
        [
            ({}, 400, "Verify requires a verification type"),
            ({"type": "signup"}, 400, "Verify requires either a token or a token hash"),
            (
                {"type": "signup", "token": "1", "token_hash": "2"},
                400,
                "Verify requires either a token or a token hash",
            ),
            (
                {"type": "signup", "token": "1"},
                400,
                "Only an email address or phone number should be provided on verify",
            ),
            (
                {"type": "signup", "token": "1", "email": ADA, "phone": "123"},
                400,
                "Only an email address or phone number should be provided on verify",
            ),
            (
                {"type": "signup", "token_hash": "a", "email": ADA},
                400,
                "Only the token_hash and type should be provided",
            ),
            (
                {"type": "signup", "token_hash": "a", "redirect_to": HOME},
                400,
                "Only the token_hash and type should be provided",
            ),
            ({"type": "signup", "token": "1", "email": "ada"}, 422, "Invalid email format"),
            ({"type": "sms", "token_hash": "a"}, 400, "Invalid email verification type"),
            (
                {"type": "sms", "token": "1", "phone": "12"},
                403,
                "Token has expired or is invalid",
            ),
        ],
    )
    def test_post(self, auth: AuthService, body: dict[str, str], status: int, message: str) -> None:
        code = "otp_expired" if status == 403 else "validation_failed"
        assert_refused(auth.post("/verify", body), status, code, message)

    def test_unknown_type_with_a_code(self, auth: AuthService) -> None:
        body = {"type": "nonsense", "email": ADA, "token": "123456"}
        assert_refused(auth.post("/verify", body), 403, "otp_expired")

    @pytest.mark.parametrize("token", ["", "x", "'; drop table auth.users; --", "é", "pkce_"])
    def test_made_up_tokens(self, auth: AuthService, token: str) -> None:
        body = {"type": "signup", "email": ADA, "token": token or "000000"}
        assert_refused(auth.post("/verify", body), 403, "otp_expired")

    def test_empty_token_column_matches_nothing(self, confirming_auth: AuthService) -> None:
        confirm_ada(confirming_auth)
        confirming_auth.database.execute("update auth.users set recovery_sent_at = now()")
        body = {"type": "recovery", "email": ADA, "token": "000000"}
        assert_refused(confirming_auth.post("/verify", body), 403, "otp_expired")
