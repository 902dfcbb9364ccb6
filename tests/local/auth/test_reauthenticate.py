"""GET /reauthenticate."""

from __future__ import annotations

import re

from tests.local.auth.conftest import MakeAuth
from tests.local.auth.service import AuthService, assert_refused


def test_mails_a_code_that_changes_the_password(make_auth: MakeAuth) -> None:
    auth = make_auth(email={"secure_password_change": True})
    tokens = auth.sign_up()
    auth.clock.advance(hours=25)
    bearer = auth.refresh(tokens["refresh_token"]).json["access_token"]
    answer = auth.get("/reauthenticate", bearer=bearer)
    assert (answer.status_code, answer.json) == (200, {})
    assert auth.outbox.latest.to == "ada@example.com"
    code = re.search(r"\b\d{6}\b", auth.outbox.latest.text)
    assert code is not None
    changed = auth.put("/user", {"password": "a new one", "nonce": code[0]}, bearer=bearer)
    assert changed.status_code == 200
    assert "user_reauthenticate_requested" in auth.audit_actions()


def test_second_mail_too_soon(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    assert auth.get("/reauthenticate", bearer=bearer).status_code == 200
    answer = auth.get("/reauthenticate", bearer=bearer)
    assert_refused(answer, 429, "over_email_send_rate_limit")
    assert len(auth.outbox.mails) == 1


def test_address_must_be_confirmed(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    auth.database.execute("update auth.users set email_confirmed_at = null")
    answer = auth.get("/reauthenticate", bearer=bearer)
    assert_refused(answer, 422, "email_not_confirmed", "Please verify your email first.")


def test_there_must_be_an_address(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    auth.database.execute("update auth.users set email = null")
    assert_refused(auth.get("/reauthenticate", bearer=bearer), 400, "validation_failed")
    auth.database.execute("update auth.users set phone = '491701'")
    assert_refused(auth.get("/reauthenticate", bearer=bearer), 422, "phone_provider_disabled")


def test_needs_a_token(auth: AuthService) -> None:
    assert_refused(auth.get("/reauthenticate"), 401, "no_authorization")
