"""POST /resend."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.local.auth.conftest import MakeAuth
from tests.local.auth.flows import ADA, PKCE, ask_signup, confirm_ada
from tests.local.auth.mails import ReadMail
from tests.local.auth.service import AuthService, assert_refused


def test_sign_up_is_sent_again(confirming_auth: AuthService) -> None:
    ask_signup(confirming_auth, {})
    confirming_auth.clock.advance(timedelta(seconds=2))
    answer = confirming_auth.post("/resend", {"type": "signup", "email": ADA})
    assert (answer.status_code, answer.json) == (200, {})
    older, newer = [ReadMail.of(mail) for mail in confirming_auth.outbox.mails]
    proof = {"type": "signup", "token_hash": older.token_hash}
    assert_refused(confirming_auth.post("/verify", proof), 403, "otp_expired")
    proof = {"type": "signup", "token_hash": newer.token_hash}
    assert confirming_auth.post("/verify", proof).status_code == 200


def test_second_mail_has_to_wait(make_auth: MakeAuth) -> None:
    wait = timedelta(seconds=60)
    auth = make_auth(email={"enable_confirmations": True, "max_frequency": wait})
    ask_signup(auth, {})
    answer = auth.post("/resend", {"type": "signup", "email": ADA})
    assert_refused(answer, 429, "over_email_send_rate_limit")


def test_pkce(confirming_auth: AuthService) -> None:
    ask_signup(confirming_auth, {})
    confirming_auth.clock.advance(timedelta(seconds=2))
    confirming_auth.post("/resend", {"type": "signup", "email": ADA, **PKCE})
    assert ReadMail.of(confirming_auth.outbox.latest).token_hash.startswith("pkce_")
    (method,) = confirming_auth.row("select authentication_method from auth.flow_state")
    assert method == "email/signup"


def test_change_of_address_is_sent_again(confirming_auth: AuthService) -> None:
    confirm_ada(confirming_auth)
    tokens = confirming_auth.sign_in()
    new = {"email": "new@example.com"}
    confirming_auth.put("/user", new, bearer=tokens["access_token"])
    confirming_auth.clock.advance(timedelta(seconds=2))
    assert confirming_auth.post("/resend", {"type": "email_change", "email": ADA}).json == {}
    addresses = sorted(mail.to for mail in confirming_auth.outbox.mails)
    assert addresses == [ADA, ADA, "new@example.com", "new@example.com"]


@pytest.mark.parametrize("kind", ["signup", "email_change", "phone_change"])
def test_nothing_to_confirm(confirming_auth: AuthService, kind: str) -> None:
    confirm_ada(confirming_auth)
    for email in (ADA, "nobody@example.com"):
        answer = confirming_auth.post("/resend", {"type": kind, "email": email})
        assert (answer.status_code, answer.json) == (200, {})
    assert confirming_auth.outbox.mails == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Missing one of these types: signup, email_change, sms, phone_change"),
        (
            {"type": "recovery", "email": ADA},
            "Missing one of these types: signup, email_change, sms, phone_change",
        ),
        ({"type": "signup"}, "Type provided requires an email address"),
        ({"type": "sms"}, "Type provided requires a phone number"),
        ({"type": "email_change"}, "Missing email address or phone number"),
        (
            {"type": "signup", "email": ADA, "phone": "1"},
            "Only an email address or phone number should be provided.",
        ),
        (
            {"type": "signup", "email": "ada"},
            "Unable to validate email address: invalid format",
        ),
        (
            {"type": "signup", "email": ADA, "code_challenge": "x"},
            "PKCE flow requires code_challenge_method and code_challenge",
        ),
    ],
)
def test_bad_requests(auth: AuthService, body: object, message: str) -> None:
    assert_refused(auth.post("/resend", body), 400, "validation_failed", message)


def test_phones_are_not_served(auth: AuthService) -> None:
    answer = auth.post("/resend", {"type": "sms", "phone": "4915112345678"})
    assert_refused(answer, 400, "phone_provider_disabled", "Phone logins are disabled")


def test_email_provider_may_be_off(make_auth: MakeAuth) -> None:
    auth = make_auth(email={"enable_signup": False})
    answer = auth.post("/resend", {"type": "signup", "email": ADA})
    assert_refused(answer, 400, "email_provider_disabled", "Email logins are disabled")
