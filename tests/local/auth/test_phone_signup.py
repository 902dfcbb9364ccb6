"""Signing up and in by phone: with a password, with a code, with a test number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from hipflask.local.auth.mail import Mail
from hipflask.local.auth.one_time_tokens import hash_of
from tests.local.auth.conftest import MakeAuth
from tests.local.auth.service import PASSWORD, AuthService, assert_refused

PHONE = "8613800000000"
CREDENTIALS = {"phone": f"+{PHONE}", "password": PASSWORD}


@pytest.fixture
def phones(make_auth: MakeAuth) -> AuthService:
    """Phones are on, and a number must be confirmed."""
    return make_auth(
        sms={"enable_signup": True, "enable_confirmations": True},
        email={"enable_confirmations": True},
    )


@pytest.fixture
def instant(make_auth: MakeAuth) -> AuthService:
    """Phones are on, and nobody has to prove a number."""
    return make_auth(sms={"enable_signup": True})


def code_of(auth: AuthService) -> str:
    return auth.outbox.latest.subject.removeprefix("Your code is ")


def verify(auth: AuthService, code: str, kind: str = "sms", phone: str = PHONE) -> Any:
    return auth.post("/verify", {"type": kind, "phone": phone, "token": code})


def test_without_confirmation(instant: AuthService) -> None:
    opened = instant.post("/signup", {**CREDENTIALS, "data": {"name": "Wei"}}).json
    user = opened["user"]
    assert opened["access_token"]
    assert (user["phone"], user["email"], user["is_anonymous"]) == (PHONE, "", False)
    assert user["phone_confirmed_at"] == user["confirmed_at"]
    assert user["app_metadata"] == {"provider": "phone", "providers": ["phone"]}
    (identity,) = user["identities"]
    assert (identity["provider"], identity["id"]) == ("phone", user["id"])
    assert identity["identity_data"] == {
        "sub": user["id"],
        "name": "Wei",
        "email_verified": False,
        "phone_verified": False,
    }
    assert instant.outbox.mails == []
    assert instant.post("/token?grant_type=password", CREDENTIALS).status_code == 200
    taken = instant.post("/signup", CREDENTIALS)
    assert_refused(taken, 422, "user_already_exists", "User already registered")


def test_with_confirmation(phones: AuthService) -> None:
    waiting = phones.post("/signup", CREDENTIALS).json
    assert "access_token" not in waiting
    assert waiting["confirmation_sent_at"]
    assert phones.outbox.latest.to == f"+{PHONE}@phone.invalid"
    early = phones.post("/token?grant_type=password", CREDENTIALS)
    assert_refused(early, 400, "phone_not_confirmed")
    assert_refused(verify(phones, "wrong"), 403, "otp_expired", "Token has expired or is invalid")
    code = code_of(phones)
    opened = verify(phones, code).json
    assert opened["user"]["phone_confirmed_at"]
    assert opened["user"]["id"] == waiting["id"]
    assert_refused(verify(phones, code), 403, "otp_expired")
    assert phones.post("/token?grant_type=password", CREDENTIALS).status_code == 200


def test_a_taken_number_looks_like_a_fresh_one(phones: AuthService) -> None:
    first = phones.post("/signup", CREDENTIALS).json
    verify(phones, code_of(phones))
    again = phones.post("/signup", CREDENTIALS).json
    assert again["id"] != first["id"]
    assert (again["phone"], again["role"], again["identities"]) == (PHONE, "", [])
    assert len(phones.outbox.mails) == 1
    assert "user_repeated_signup" in phones.audit_actions()


@pytest.mark.parametrize("kind", ["signup", "invite", "email"])
def test_a_phone_proves_no_address(phones: AuthService, kind: str) -> None:
    """Whoever got the code could compute its hash, which is what a link in a mail carries."""
    body = {"phone": PHONE, "email": "somebody@example.com"}
    phones.post("/admin/users", body, bearer=phones.service_role)
    phones.post("/otp", {"phone": PHONE})
    token_hash = hash_of(PHONE, code_of(phones))
    assert phones.count("auth.one_time_tokens", "token_hash = %s", token_hash) == 1
    answer = phones.post("/verify", {"type": kind, "token_hash": token_hash})
    assert_refused(answer, 403, "otp_expired", "Email link is invalid or has expired")
    location = phones.get(f"/verify?type={kind}&token={token_hash}").headers["Location"]
    assert "error_code=otp_expired" in location
    assert phones.count("auth.users", "email_confirmed_at is not null") == 0
    assert verify(phones, code_of(phones)).status_code == 200


def test_a_code_grows_old(phones: AuthService) -> None:
    phones.post("/otp", {"phone": PHONE})
    code = code_of(phones)
    phones.clock.advance(timedelta(seconds=6001))
    assert_refused(verify(phones, code), 403, "otp_expired")


def test_a_code_is_of_one_type(phones: AuthService) -> None:
    phones.post("/otp", {"phone": PHONE})
    for kind in ("phone_change", "signup", "email", "magiclink"):
        assert_refused(verify(phones, code_of(phones), kind), 403, "otp_expired")


def test_banned(phones: AuthService) -> None:
    phones.post("/otp", {"phone": PHONE})
    phones.database.execute("update auth.users set banned_until = '2099-01-01'")
    assert_refused(verify(phones, code_of(phones)), 403, "user_banned")


def test_otp_for_a_new_and_a_known_number(phones: AuthService) -> None:
    assert phones.post("/otp", {"phone": PHONE, "data": {"name": "Wei"}}).json == {}
    user = verify(phones, code_of(phones)).json["user"]
    assert user["user_metadata"]["name"] == "Wei"
    phones.clock.advance(timedelta(seconds=6))
    answer = phones.post("/otp", {"phone": PHONE, "create_user": False, "channel": "sms"})
    assert (answer.status_code, answer.json) == (200, {})
    assert verify(phones, code_of(phones)).json["user"]["id"] == user["id"]
    assert phones.count("auth.users") == 1


def test_otp_without_confirmation_sends_at_once(instant: AuthService) -> None:
    assert instant.post("/otp", {"phone": PHONE}).json == {}
    assert verify(instant, code_of(instant)).json["user"]["phone"] == PHONE


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"phone": "the red one"}, 400, "validation_failed"),
        ({"phone": PHONE, "channel": "whatsapp"}, 400, "validation_failed"),
        ({"phone": PHONE, "channel": "pigeon"}, 400, "validation_failed"),
        ({"phone": PHONE, "create_user": False}, 422, "otp_disabled"),
        ({"phone": "the red one", "create_user": False}, 422, "otp_disabled"),
    ],
)
def test_otp_refused(phones: AuthService, body: Mapping[str, Any], status: int, code: str) -> None:
    assert_refused(phones.post("/otp", body), status, code)


@pytest.mark.parametrize(
    "more", [{"channel": "whatsapp"}, {"phone": "0"}, {"code_challenge": "x" * 43}]
)
def test_signup_refused(phones: AuthService, more: dict[str, str]) -> None:
    answer = phones.post("/signup", {**CREDENTIALS, **more})
    assert_refused(answer, 400, "validation_failed")


def test_closed_project_takes_no_new_number(make_auth: MakeAuth) -> None:
    auth = make_auth(enable_signup=False, sms={"enable_signup": True})
    assert_refused(auth.post("/otp", {"phone": PHONE}), 422, "signup_disabled")


def test_frequency(phones: AuthService) -> None:
    phones.post("/otp", {"phone": PHONE})
    phones.clock.advance(timedelta(seconds=2))
    assert_refused(
        phones.post("/otp", {"phone": PHONE}),
        429,
        "over_sms_send_rate_limit",
        "For security purposes, you can only request this after 3 seconds.",
    )


def test_messages_an_hour(make_auth: MakeAuth) -> None:
    auth = make_auth(
        sms={"enable_signup": True, "enable_confirmations": True}, rate_limit={"sms_sent": 1}
    )
    assert auth.post("/otp", {"phone": PHONE}).status_code == 200
    answer = auth.post("/otp", {"phone": "8613800000001"})
    assert_refused(answer, 429, "over_sms_send_rate_limit", "SMS rate limit exceeded")
    auth.clock.advance(timedelta(hours=1))
    assert auth.post("/otp", {"phone": "8613800000001"}).status_code == 200


class BrokenMailer:
    def send(self, mail: Mail) -> None:
        raise OSError("no space left")


def test_a_message_that_cannot_be_sent_undoes_the_request(make_auth: MakeAuth) -> None:
    auth = make_auth(
        context={"mailer": BrokenMailer()},
        sms={"enable_signup": True, "enable_confirmations": True},
    )
    answer = auth.post("/signup", CREDENTIALS)
    assert_refused(answer, 422, "sms_send_failed")
    assert auth.count("auth.users") == 0


def test_template(make_auth: MakeAuth) -> None:
    auth = make_auth(
        sms={"enable_signup": True, "enable_confirmations": True, "template": "验证码\n{{ .Code }}"}
    )
    auth.post("/otp", {"phone": PHONE})
    said, code = auth.outbox.latest.subject.split()
    assert said == "验证码"
    assert verify(auth, code).status_code == 200


def test_broken_template(make_auth: MakeAuth) -> None:
    auth = make_auth(
        sms={"enable_signup": True, "enable_confirmations": True, "template": "{{ .Code"}
    )
    assert_refused(auth.post("/otp", {"phone": PHONE}), 500, "unexpected_failure")


def test_a_test_number_gets_its_code_without_a_message(make_auth: MakeAuth) -> None:
    auth = make_auth(
        sms={
            "enable_signup": True,
            "enable_confirmations": True,
            "test_otp": {PHONE: "123456"},
        }
    )
    assert auth.post("/otp", {"phone": PHONE}).status_code == 200
    assert auth.outbox.mails == []
    assert_refused(verify(auth, "654321"), 403, "otp_expired")
    assert verify(auth, "123456").json["user"]["phone"] == PHONE
    auth.clock.advance(timedelta(seconds=6))
    assert auth.post("/otp", {"phone": PHONE}).json == {"message_id": "test-otp"}


def test_settings(phones: AuthService) -> None:
    settings = phones.get("/settings").json
    assert settings["external"]["phone"] is True
    assert settings["phone_autoconfirm"] is False
