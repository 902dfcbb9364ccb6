"""The hook mfa_verification_attempt, and send_sms for a second factor."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.auth.factors.proofs import (
    ALL_ON,
    NUMBER,
    challenge,
    enroll,
    enroll_phone,
    show_app,
    show_key,
    verify,
)
from tests.local.auth.hooks.conftest import Hook, Hooked
from tests.local.auth.hooks.ways import FunctionHook
from tests.local.auth.passkeys.authenticator import Authenticator
from tests.local.auth.service import AuthService, assert_refused

NAME = "mfa_verification_attempt"


@pytest.fixture
def auth(hooked: Hooked, hook: Hook) -> AuthService:
    """An Auth app with every type of second factor, which asks about codes."""
    return hooked(NAME, hook, **ALL_ON)


def wrong(auth: AuthService, bearer: str, factor_id: str) -> Any:
    asked = challenge(auth, bearer, factor_id)
    return verify(auth, bearer, factor_id, asked, code="000")


def test_it_hears_of_right_and_wrong_codes(auth: AuthService, hook: Hook) -> None:
    tokens = auth.sign_up()
    factor = enroll(auth, tokens["access_token"], "totp")
    answer = wrong(auth, tokens["access_token"], factor["id"])
    assert_refused(answer, 422, "mfa_verification_failed", "Invalid TOTP code entered")
    assert show_app(auth, tokens["access_token"], factor).status_code == 200
    assert [event["valid"] for event in hook.events] == [False, True]
    for event in hook.events:
        assert sorted(event) == ["factor_id", "factor_type", "metadata", "user_id", "valid"]
        assert (event["factor_id"], event["factor_type"]) == (factor["id"], "totp")
        assert event["user_id"] == tokens["user"]["id"]
        assert event["metadata"]["name"] == "mfa-verification"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"decision": "reject"}, "Further MFA verification attempts will be rejected."),
        ({"decision": "reject", "message": "Too often."}, "Too often."),
    ],
)
def test_it_rejects_and_all_sessions_end(
    auth: AuthService, hook: Hook, answer: Any, message: str
) -> None:
    bearer = auth.sign_up()["access_token"]
    auth.sign_in()
    auth.sign_up("bob@example.com")
    factor = enroll(auth, bearer, "totp")
    hook.answer(answer)
    assert_refused(show_app(auth, bearer, factor), 403, "mfa_verification_rejected", message)
    assert auth.count("auth.mfa_factors", "status = 'verified'") == 0
    assert auth.count("auth.mfa_challenges", "verified_at is not null") == 0
    assert auth.row(
        "select array_agg(distinct u.email) from auth.sessions s"
        " join auth.users u on u.id = s.user_id"
    ) == (["bob@example.com"],)


def test_its_own_error_ends_nothing(auth: AuthService, hook: Hook) -> None:
    bearer = auth.sign_up()["access_token"]
    factor = enroll(auth, bearer, "totp")
    hook.answer({"error": {"http_code": 429, "message": "Slow down"}})
    assert_refused(show_app(auth, bearer, factor), 429, "unknown", "Slow down")
    assert auth.count("auth.sessions") == 1
    hook.answer({})
    assert show_app(auth, bearer, factor).status_code == 200


def test_it_hears_of_codes_by_message(auth: AuthService, hook: Hook) -> None:
    bearer = auth.sign_up()["access_token"]
    factor = enroll_phone(auth, bearer)
    answer = wrong(auth, bearer, factor["id"])
    assert_refused(answer, 422, "mfa_verification_failed", "Invalid MFA Phone code entered")
    assert [(e["factor_type"], e["valid"]) for e in hook.events] == [("phone", False)]


def test_a_code_goes_through_send_sms(hooked: Hooked, hook: Hook) -> None:
    auth = hooked("send_sms", hook, **ALL_ON)
    tokens = auth.sign_up()
    factor = enroll_phone(auth, tokens["access_token"])
    asked = challenge(auth, tokens["access_token"], factor["id"])
    (event,) = hook.events
    code = event["sms"].pop("otp")
    assert event["sms"] == {"phone": NUMBER.removeprefix("+"), "sms_type": "mfa"}
    assert event["user"]["id"] == tokens["user"]["id"]
    assert auth.outbox.mails == []
    answer = verify(auth, tokens["access_token"], factor["id"], asked, code=code)
    assert answer.status_code == 200
    assert auth.audit_actions().count("challenge_created") == 1


def test_a_code_that_is_not_sent_leaves_no_challenge(hooked: Hooked, hook: Hook) -> None:
    auth = hooked("send_sms", hook, **ALL_ON)
    bearer = auth.sign_up()["access_token"]
    factor = enroll_phone(auth, bearer)
    hook.answer({"error": {"http_code": 422, "message": "No such number"}})
    path = f"/factors/{factor['id']}/challenge"
    answer = auth.post(path, {}, bearer=bearer)
    assert_refused(answer, 500, "unexpected_failure", "error invoking hook")
    assert auth.count("auth.mfa_challenges") == 0
    assert "challenge_created" not in auth.audit_actions()
    hook.answer({})
    assert auth.post(path, {}, bearer=bearer).status_code == 200  # no wait: nothing was sent


def test_no_transaction_waits_for_it(hooked: Hooked, function: FunctionHook) -> None:
    """The function takes a table that every open transaction would hold."""
    auth = hooked(NAME, function, **ALL_ON)
    bearer = auth.sign_up()["access_token"]
    factor = enroll(auth, bearer, "totp")
    locks = "lock table auth.mfa_challenges, auth.mfa_factors in access exclusive mode nowait"
    function.define(f"{locks}; return '{{}}'")
    assert show_app(auth, bearer, factor).status_code == 200


def test_it_does_not_hear_of_security_keys(auth: AuthService, hook: Hook) -> None:
    bearer = auth.sign_up()["access_token"]
    factor = enroll(auth, bearer, "webauthn")
    hook.answer({"decision": "reject"})
    assert show_key(auth, bearer, factor["id"], Authenticator()).status_code == 200
    assert hook.events == []
