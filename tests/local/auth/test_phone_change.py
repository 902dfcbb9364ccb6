"""A number set, changed, sent again, used to reauthenticate; anonymous users become real."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.local.auth.conftest import MakeAuth
from tests.local.auth.mails import ReadMail
from tests.local.auth.service import PASSWORD, AuthService, assert_refused

OLD, NEW = "8613800000000", "8613900000000"


@pytest.fixture
def phones(make_auth: MakeAuth) -> AuthService:
    return make_auth(
        enable_anonymous_sign_ins=True,
        sms={"enable_signup": True, "enable_confirmations": True},
        email={"secure_password_change": True},
    )


def code_of(auth: AuthService) -> str:
    return auth.outbox.latest.subject.removeprefix("Your code is ")


def verify(auth: AuthService, code: str, kind: str = "phone_change", phone: str = NEW) -> Any:
    return auth.post("/verify", {"type": kind, "phone": phone, "token": code})


def phone_user(auth: AuthService) -> str:
    """Sign up with the old number and return the access token."""
    auth.post("/otp", {"phone": OLD})
    return str(verify(auth, code_of(auth), "sms", OLD).json["access_token"])


def test_add_a_number_to_an_email_user(phones: AuthService) -> None:
    bearer = phones.sign_up()["access_token"]
    waiting = phones.put("/user", {"phone": f"+{NEW}"}, bearer=bearer).json
    assert (waiting["phone"], waiting["new_phone"]) == ("", NEW)
    assert_refused(verify(phones, "wrong"), 403, "otp_expired")
    user = verify(phones, code_of(phones)).json["user"]
    assert user["phone"] == NEW
    assert "new_phone" not in user
    assert user["app_metadata"]["providers"] == ["email", "phone"]
    data = next(one["identity_data"] for one in user["identities"] if one["provider"] == "phone")
    assert (data["phone"], data["phone_verified"]) == (NEW, True)


def test_change_a_number(phones: AuthService) -> None:
    bearer = phone_user(phones)
    phones.put("/user", {"phone": NEW}, bearer=bearer)
    assert phones.outbox.latest.to == f"+{NEW}@phone.invalid"
    code = code_of(phones)
    user = verify(phones, code).json["user"]
    (identity,) = user["identities"]
    assert (user["phone"], identity["identity_data"]["phone"]) == (NEW, NEW)
    assert_refused(verify(phones, code), 403, "otp_expired")


def test_change_at_once_without_confirmations(make_auth: MakeAuth) -> None:
    auth = make_auth(sms={"enable_signup": True})
    user = auth.put("/user", {"phone": NEW}, bearer=auth.sign_up()["access_token"]).json
    assert user["phone"] == NEW
    assert auth.outbox.mails == []
    assert user["app_metadata"]["providers"] == ["email", "phone"]


def test_change_refused(phones: AuthService) -> None:
    phone_user(phones)
    bearer = phones.sign_up()["access_token"]
    taken = phones.put("/user", {"phone": OLD}, bearer=bearer)
    assert_refused(
        taken, 422, "phone_exists", "A user with this phone number has already been registered"
    )
    bad = phones.put("/user", {"phone": NEW, "channel": "whatsapp"}, bearer=bearer)
    assert_refused(bad, 400, "validation_failed")
    assert phones.put("/user", {"phone": NEW}, bearer=bearer).status_code == 200
    soon = phones.put("/user", {"phone": NEW}, bearer=bearer)
    assert_refused(soon, 429, "over_sms_send_rate_limit")


def test_of_two_who_want_a_number_the_one_with_the_code_gets_it(phones: AuthService) -> None:
    for email in ("ada@example.com", "bob@example.com"):
        bearer = phones.sign_up(email)["access_token"]
        phones.put("/user", {"phone": NEW}, bearer=bearer)
    first, second = (mail.subject.split()[-1] for mail in phones.outbox.mails)
    assert verify(phones, first).json["user"]["email"] == "ada@example.com"
    if first != second:
        assert verify(phones, second).status_code == 500


def test_resend_of_a_sign_up(phones: AuthService) -> None:
    phones.post("/signup", {"phone": OLD, "password": PASSWORD})
    assert_refused(
        phones.post("/resend", {"type": "sms", "phone": OLD}), 429, "over_sms_send_rate_limit"
    )
    phones.clock.advance(timedelta(seconds=6))
    assert phones.post("/resend", {"type": "sms", "phone": OLD}).json == {}
    assert len(phones.outbox.mails) == 2
    assert verify(phones, code_of(phones), "sms", OLD).status_code == 200
    phones.clock.advance(timedelta(seconds=6))
    assert phones.post("/resend", {"type": "sms", "phone": OLD}).json == {}
    assert len(phones.outbox.mails) == 2


def test_resend_of_a_change(phones: AuthService) -> None:
    bearer = phone_user(phones)
    body = {"type": "phone_change", "phone": OLD}
    assert phones.post("/resend", body).json == {}
    assert len(phones.outbox.mails) == 1
    phones.put("/user", {"phone": NEW}, bearer=bearer)
    phones.clock.advance(timedelta(seconds=6))
    assert phones.post("/resend", body).json == {}
    assert phones.outbox.latest.to == f"+{NEW}@phone.invalid"
    assert verify(phones, code_of(phones)).json["user"]["phone"] == NEW


def test_resend_tells_nothing_of_unknown_numbers(phones: AuthService) -> None:
    assert phones.post("/resend", {"type": "sms", "phone": OLD}).json == {}
    assert_refused(phones.post("/resend", {"type": "sms", "phone": "x"}), 400, "validation_failed")
    assert phones.outbox.mails == []


def test_reauthenticate(phones: AuthService) -> None:
    bearer = phone_user(phones)
    phones.database.execute("update auth.sessions set created_at = created_at - interval '2 days'")
    body = {"password": "a brand new one"}
    assert_refused(phones.put("/user", body, bearer=bearer), 400, "reauthentication_needed")
    assert phones.get("/reauthenticate", bearer=bearer).json == {}
    wrong = phones.put("/user", {**body, "nonce": "wrong"}, bearer=bearer)
    assert_refused(wrong, 422, "reauthentication_not_valid")
    right = {**body, "nonce": code_of(phones)}
    assert phones.put("/user", right, bearer=bearer).status_code == 200
    phones.database.execute("update auth.users set phone_confirmed_at = null")
    assert_refused(phones.get("/reauthenticate", bearer=bearer), 422, "phone_not_confirmed")


def test_anonymous_becomes_real_by_phone(phones: AuthService) -> None:
    nobody = phones.post("/signup", {}).json
    waiting = phones.put("/user", {"phone": NEW}, bearer=nobody["access_token"]).json
    assert waiting["is_anonymous"] is True
    user = verify(phones, code_of(phones)).json["user"]
    assert (user["id"], user["is_anonymous"]) == (nobody["user"]["id"], False)
    assert user["app_metadata"] == {"provider": "phone", "providers": ["phone"]}


def test_anonymous_becomes_real_by_mail(make_auth: MakeAuth) -> None:
    auth = make_auth(enable_anonymous_sign_ins=True, email={"enable_confirmations": True})
    nobody = auth.post("/signup", {}).json
    body = {"email": "ada@example.com"}
    waiting = auth.put("/user", body, bearer=nobody["access_token"]).json
    assert waiting["is_anonymous"] is True
    code = ReadMail.of(auth.outbox.latest).code
    user = auth.post("/verify", {**body, "type": "email_change", "token": code}).json["user"]
    assert (user["id"], user["is_anonymous"]) == (nobody["user"]["id"], False)
    assert user["email"] == "ada@example.com"
