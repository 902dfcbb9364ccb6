"""The hook send_sms: it sends the code, and nothing goes to the mailbox."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.auth.hooks.conftest import Hook, Hooked
from tests.local.auth.service import PASSWORD, AuthService, Reply, assert_refused

PHONE, NEW_PHONE = "4915112345678", "4917612345678"
SMS: dict[str, Any] = {"enable_signup": True, "enable_confirmations": True}


@pytest.fixture
def auth(hooked: Hooked, hook: Hook) -> AuthService:
    return hooked("send_sms", hook, sms=SMS)


def sign_up(auth: AuthService) -> Reply:
    return auth.post("/signup", {"phone": f"+{PHONE}", "password": PASSWORD})


def latest_code(hook: Hook) -> str:
    return str(hook.events[-1]["sms"]["otp"])


def signed_up(auth: AuthService, hook: Hook) -> Any:
    sign_up(auth)
    body = {"type": "sms", "phone": PHONE, "token": latest_code(hook)}
    answer = auth.post("/verify", body)
    assert answer.status_code == 200, answer.json
    return answer.json


def test_the_code_works(auth: AuthService, hook: Hook) -> None:
    assert signed_up(auth, hook)["user"]["phone"] == PHONE
    assert auth.outbox.mails == []


def test_what_it_is_asked(auth: AuthService, hook: Hook) -> None:
    user = sign_up(auth).json
    (event,) = hook.events
    assert sorted(event) == ["metadata", "sms", "user"]
    assert event["metadata"]["name"] == "send-sms"
    assert event["sms"] == {"otp": latest_code(hook), "phone": PHONE}
    assert (event["user"]["id"], event["user"]["phone"]) == (user["id"], PHONE)
    assert event["user"]["identities"][0]["provider"] == "phone"
    assert latest_code(hook).isdecimal()


def test_every_message_goes_through_it(auth: AuthService, hook: Hook) -> None:
    bearer = signed_up(auth, hook)["access_token"]
    auth.clock.advance(minutes=1)
    assert auth.post("/otp", {"phone": PHONE}).json == {}
    auth.clock.advance(minutes=1)
    assert auth.get("/reauthenticate", bearer=bearer).json == {}
    auth.clock.advance(minutes=1)
    assert auth.put("/user", {"phone": NEW_PHONE}, bearer=bearer).status_code == 200
    assert [event["sms"]["phone"] for event in hook.events] == [PHONE] * 3 + [NEW_PHONE]
    assert hook.events[-1]["user"]["new_phone"] == NEW_PHONE
    body = {"type": "phone_change", "phone": NEW_PHONE, "token": latest_code(hook)}
    assert auth.post("/verify", body).json["user"]["phone"] == NEW_PHONE
    assert auth.outbox.mails == []


def test_a_number_for_tests_gets_no_message(hooked: Hooked, hook: Hook) -> None:
    auth = hooked("send_sms", hook, sms=SMS | {"test_otp": {PHONE: "123456"}})
    sign_up(auth)
    assert hook.events == []


def test_the_limit_counts(hooked: Hooked, hook: Hook) -> None:
    auth = hooked("send_sms", hook, sms=SMS, rate_limit={"sms_sent": 1})
    sign_up(auth)
    body = {"phone": NEW_PHONE, "password": PASSWORD}
    assert_refused(auth.post("/signup", body), 429, "over_sms_send_rate_limit")
    assert len(hook.events) == 1


def test_what_it_cannot_send_undoes_the_sign_up(auth: AuthService, hook: Hook) -> None:
    hook.answer({"error": {"http_code": 422, "message": "No such number"}})
    assert_refused(sign_up(auth), 422, "unknown", "No such number")
    for table in ("users", "identities", "one_time_tokens", "audit_log_entries"):
        assert auth.count(f"auth.{table}") == 0, table
