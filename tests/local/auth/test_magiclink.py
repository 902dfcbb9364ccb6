"""POST /magiclink."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.local.auth.conftest import MakeAuth
from tests.local.auth.flows import ADA, PKCE, VERIFIER, ask_signup, confirm_ada
from tests.local.auth.mails import ReadMail, query_of
from tests.local.auth.service import AuthService, assert_refused


def test_confirmed_user_gets_a_link(confirming_auth: AuthService) -> None:
    confirm_ada(confirming_auth)
    answer = confirming_auth.post("/magiclink", {"email": ADA})
    assert (answer.status_code, answer.json) == (200, {})
    assert confirming_auth.outbox.latest.subject == "Your sign-in link"
    assert ReadMail.of(confirming_auth.outbox.latest).query["type"] == "magiclink"


def test_stranger_gets_a_confirmation(confirming_auth: AuthService) -> None:
    confirming_auth.post("/magiclink", {"email": ADA, "data": {"full_name": "Ada"}})
    assert confirming_auth.outbox.latest.subject == "Confirm your e-mail address"
    (metadata,) = confirming_auth.row("select raw_user_meta_data from auth.users")
    assert metadata["full_name"] == "Ada"


def test_unconfirmed_user_gets_a_confirmation(confirming_auth: AuthService) -> None:
    ask_signup(confirming_auth, {})
    confirming_auth.clock.advance(timedelta(seconds=2))
    confirming_auth.post("/magiclink", {"email": ADA})
    subjects = [mail.subject for mail in confirming_auth.outbox.mails]
    assert subjects == ["Confirm your e-mail address"] * 2
    assert confirming_auth.count("auth.users") == 1


def test_without_confirmations_a_stranger_gets_the_link_at_once(auth: AuthService) -> None:
    auth.post("/magiclink", {"email": ADA})
    assert [mail.subject for mail in auth.outbox.mails] == ["Your sign-in link"]
    (confirmed,) = auth.row("select email_confirmed_at from auth.users")
    assert confirmed is not None


def test_nobody_knows_the_password_of_a_stranger(auth: AuthService) -> None:
    auth.post("/magiclink", {"email": ADA})
    for guess in ("", "password"):
        answer = auth.post("/token?grant_type=password", {"email": ADA, "password": guess})
        assert answer.status_code == 400


def test_magic_link_and_recovery_share_one_timer(make_auth: MakeAuth) -> None:
    auth = make_auth(email={"max_frequency": timedelta(seconds=60)})
    confirm_ada(auth)
    auth.post("/recover", {"email": ADA})
    assert_refused(auth.post("/magiclink", {"email": ADA}), 429, "over_email_send_rate_limit")


def test_pkce_time_runs_from_the_click(auth: AuthService) -> None:
    confirm_ada(auth)
    auth.post("/magiclink", {"email": ADA, **PKCE})
    auth.clock.advance(timedelta(minutes=30))
    location = auth.get(ReadMail.of(auth.outbox.latest).path).headers["Location"]
    auth.clock.advance(timedelta(seconds=299))
    answer = auth.post(
        "/token?grant_type=pkce",
        {"auth_code": query_of(location)["code"], "code_verifier": VERIFIER},
    )
    assert answer.status_code == 200, answer.json


def test_sign_ups_may_be_closed(make_auth: MakeAuth) -> None:
    auth = make_auth(enable_signup=False)
    answer = auth.post("/magiclink", {"email": ADA})
    assert_refused(answer, 422, "signup_disabled", "Signups not allowed for this instance")
    confirm_ada(auth)
    assert auth.post("/magiclink", {"email": ADA}).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({}, 422, "Password recovery requires an email"),
        ({"email": "ada"}, 400, "Unable to validate email address: invalid format"),
        (
            {"email": ADA, "code_challenge": "x" * 43},
            400,
            "PKCE flow requires code_challenge_method and code_challenge",
        ),
    ],
)
def test_bad_requests(auth: AuthService, body: object, status: int, message: str) -> None:
    assert_refused(auth.post("/magiclink", body), status, "validation_failed", message)


def test_email_provider_may_be_off(make_auth: MakeAuth) -> None:
    auth = make_auth(email={"enable_signup": False})
    answer = auth.post("/magiclink", {"email": ADA})
    assert_refused(answer, 422, "email_provider_disabled", "Email logins are disabled")
