"""POST /otp."""

from __future__ import annotations

import pytest

from tests.local.auth.flows import ADA, assert_session_of, confirm_ada
from tests.local.auth.mails import ReadMail
from tests.local.auth.service import AuthService, assert_refused


@pytest.mark.parametrize("create_user", [True, None, "absent"])
def test_stranger_is_signed_up(confirming_auth: AuthService, create_user: object) -> None:
    body = {"email": ADA} | ({} if create_user == "absent" else {"create_user": create_user})
    answer = confirming_auth.post("/otp", body)
    assert (answer.status_code, answer.json) == (200, {})
    mail = ReadMail.of(confirming_auth.outbox.latest)
    proof = {"type": "email", "email": ADA, "token": mail.code}
    assert_session_of(confirming_auth, confirming_auth.post("/verify", proof).json, ADA)


def test_stranger_may_be_kept_out(auth: AuthService) -> None:
    answer = auth.post("/otp", {"email": ADA, "create_user": False})
    assert_refused(answer, 422, "otp_disabled", "Signups not allowed for otp")
    assert auth.count("auth.users") == 0


def test_known_user_gets_a_code(auth: AuthService) -> None:
    confirm_ada(auth)
    assert auth.post("/otp", {"email": ADA, "create_user": False}).status_code == 200
    assert auth.outbox.latest.subject == "Your sign-in link"


@pytest.mark.parametrize(
    ("body", "status", "code", "message"),
    [
        ({}, 400, "validation_failed", "One of email or phone must be set"),
        (
            {"email": ADA, "phone": "123"},
            400,
            "validation_failed",
            "Only an email address or phone number should be provided",
        ),
        (
            {"email": ADA, "channel": "sms"},
            400,
            "validation_failed",
            "Channel should only be specified with Phone OTP",
        ),
        ({"phone": "4915112345678"}, 400, "phone_provider_disabled", "Unsupported phone provider"),
        (
            {"email": "ada"},
            400,
            "validation_failed",
            "Unable to validate email address: invalid format",
        ),
        (
            {"email": "ada", "create_user": False},
            422,
            "otp_disabled",
            "Signups not allowed for otp",
        ),
        (
            {"email": ADA, "code_challenge_method": "s256"},
            400,
            "validation_failed",
            "PKCE flow requires code_challenge_method and code_challenge",
        ),
        ({"email": ADA, "create_user": "no"}, 400, "bad_json", ""),
    ],
)
def test_bad_requests(
    auth: AuthService, body: object, status: int, code: str, message: str
) -> None:
    assert_refused(auth.post("/otp", body), status, code, message)
