"""POST /recover."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.local.auth.conftest import MakeAuth
from tests.local.auth.flows import ADA, HOME, PKCE, VERIFIER, ask_signup, confirm_ada
from tests.local.auth.mails import ReadMail, query_of
from tests.local.auth.service import AuthService, assert_refused


def test_sends_a_mail(auth: AuthService) -> None:
    confirm_ada(auth)
    answer = auth.post(f"/recover?redirect_to={HOME}", {"email": "ADA@example.com"})
    assert (answer.status_code, answer.json) == (200, {})
    mail = ReadMail.of(auth.outbox.latest)
    assert (mail.to, auth.outbox.latest.subject) == (ADA, "Reset your password")
    assert mail.query == {"token": mail.token_hash, "type": "recovery", "redirect_to": HOME}
    assert auth.audit_actions()[-1] == "user_recovery_requested"
    stored = auth.row("select token_type::text, token_hash, relates_to from auth.one_time_tokens")
    assert stored == ("recovery_token", mail.token_hash, ADA)
    assert auth.row("select recovery_token from auth.users") == (mail.token_hash,)


def test_unknown_address_gets_the_same_answer(auth: AuthService) -> None:
    answer = auth.post("/recover", {"email": "nobody@example.com"})
    assert (answer.status_code, answer.json) == (200, {})
    assert auth.outbox.mails == []


def test_second_mail_has_to_wait(make_auth: MakeAuth) -> None:
    auth = make_auth(email={"max_frequency": timedelta(seconds=60)})
    confirm_ada(auth)
    auth.post("/recover", {"email": ADA})
    auth.clock.advance(timedelta(seconds=20))
    assert_refused(
        auth.post("/recover", {"email": ADA}),
        429,
        "over_email_send_rate_limit",
        "For security purposes, you can only request this after 40 seconds.",
    )
    auth.clock.advance(timedelta(seconds=40))
    assert auth.post("/recover", {"email": ADA}).status_code == 200
    assert len(auth.outbox.mails) == 2


def test_newer_mail_ends_the_older(auth: AuthService) -> None:
    confirm_ada(auth)
    for _ in range(2):
        auth.post("/recover", {"email": ADA})
        auth.clock.advance(timedelta(seconds=2))
    older, newer = [ReadMail.of(mail) for mail in auth.outbox.mails]
    proof = {"type": "recovery", "token_hash": older.token_hash}
    assert_refused(auth.post("/verify", proof), 403, "otp_expired")
    proof = {"type": "recovery", "token_hash": newer.token_hash}
    assert auth.post("/verify", proof).status_code == 200


def test_pkce_flow_dies_after_five_minutes(auth: AuthService) -> None:
    confirm_ada(auth)
    auth.post("/recover", {"email": ADA, **PKCE})
    auth.clock.advance(timedelta(seconds=301))
    location = auth.get(ReadMail.of(auth.outbox.latest).path).headers["Location"]
    answer = auth.post(
        "/token?grant_type=pkce",
        {"auth_code": query_of(location)["code"], "code_verifier": VERIFIER},
    )
    assert_refused(answer, 422, "flow_state_expired")


def test_unconfirmed_user_may_recover(confirming_auth: AuthService) -> None:
    ask_signup(confirming_auth, {})
    assert confirming_auth.post("/recover", {"email": ADA}).status_code == 200
    assert confirming_auth.outbox.latest.subject == "Reset your password"


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({}, "validation_failed", "Password recovery requires an email"),
        ({"email": ""}, "validation_failed", "Password recovery requires an email"),
        (
            {"email": "ada"},
            "validation_failed",
            "Unable to validate email address: invalid format",
        ),
        ({"email": f"{'a' * 251}@b.cd"}, "validation_failed", "An email address is too long"),
        (
            {"email": ADA, "code_challenge": "x" * 43},
            "validation_failed",
            "PKCE flow requires code_challenge_method and code_challenge",
        ),
        (
            {"email": ADA, "code_challenge": "x", "code_challenge_method": "s256"},
            "validation_failed",
            "code challenge has to be between 43 and 128 characters",
        ),
        ({"email": 5}, "bad_json", ""),
    ],
)
def test_bad_requests(auth: AuthService, body: object, code: str, message: str) -> None:
    assert_refused(auth.post("/recover", body), 400, code, message)


def test_broken_json(auth: AuthService) -> None:
    assert_refused(auth.post("/recover", b'{"email":'), 400, "bad_json")


def test_email_provider_may_be_off(make_auth: MakeAuth) -> None:
    auth = make_auth(email={"enable_signup": False})
    answer = auth.post("/recover", {"email": ADA})
    assert_refused(answer, 400, "email_provider_disabled", "Email logins are disabled")


def test_other_audience_is_another_world(auth: AuthService) -> None:
    confirm_ada(auth)
    assert auth.post("/recover", {"email": ADA}, headers={"X-JWT-AUD": "other"}).json == {}
    assert auth.outbox.mails == []
