"""Second factors by a code that is sent to a phone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hipflask.local.config.auth import NotificationConfig
from tests.local.auth.conftest import MakeAuth
from tests.local.auth.factors.proofs import (
    ALL_ON,
    NUMBER,
    PHONE_ON,
    challenge,
    code_of,
    enroll,
    enroll_phone,
    show_app,
    show_key,
    show_phone,
    verify,
)
from tests.local.auth.passkeys.authenticator import Authenticator
from tests.local.auth.service import PASSWORD, AuthService, assert_refused, claims_of


@pytest.fixture
def auth(make_auth: MakeAuth) -> AuthService:
    return make_auth(**ALL_ON)


def with_phone(auth: AuthService) -> tuple[Any, Any]:
    """Sign up, add a phone, and return the raised tokens and the factor."""
    bearer = auth.sign_up()["access_token"]
    factor = enroll_phone(auth, bearer)
    answer = show_phone(auth, bearer, factor["id"])
    assert answer.status_code == 200, answer.json
    auth.clock.advance(seconds=6)
    return answer.json, factor


def test_a_code_by_message_raises_the_session(auth: AuthService) -> None:
    tokens, factor = with_phone(auth)
    shape = {"id": factor["id"], "type": "phone", "friendly_name": "mine", "phone": NUMBER}
    assert factor == shape
    claims = claims_of(tokens["access_token"])
    assert claims["aal"] == "aal2"
    assert {entry["method"] for entry in claims["amr"]} == {"mfa/phone", "password"}
    (listed,) = tokens["user"]["factors"]
    assert listed["status"] == "verified"
    assert listed["phone"] == NUMBER.removeprefix("+")
    assert listed["last_challenged_at"] == "2026-03-01T12:00:00.250000Z"
    assert auth.outbox.latest.to == f"{NUMBER}@phone.invalid"
    refreshed = auth.refresh(tokens["refresh_token"]).json
    assert claims_of(refreshed["access_token"])["aal"] == "aal2"


def test_the_admin_sees_what_the_user_sees(auth: AuthService) -> None:
    tokens, _ = with_phone(auth)
    path = f"/admin/users/{tokens['user']['id']}/factors"
    assert auth.get(path, bearer=auth.service_role).json == tokens["user"]["factors"]


def test_a_challenge_tells_what_it_is(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    asked = challenge(auth, bearer, enroll_phone(auth, bearer)["id"])
    ends = int(auth.clock.now().timestamp()) + 300
    assert asked == {"id": asked["id"], "type": "phone", "expires_at": ends}
    assert auth.audit_actions()[-2:] == ["factor_in_progress", "challenge_created"]


def test_a_wrong_code_leaves_the_challenge_open(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    factor = enroll_phone(auth, bearer)
    asked = challenge(auth, bearer, factor["id"])
    right = code_of(auth)
    wrong = "000000" if right != "000000" else "111111"
    for given in (wrong, right[:5], f"{right} ", "٣٣٣٣٣٣"):
        refused = verify(auth, bearer, factor["id"], asked, code=given)
        assert_refused(refused, 422, "mfa_verification_failed", "Invalid MFA Phone code entered")
    assert verify(auth, bearer, factor["id"], asked, code=right).status_code == 200


def test_a_code_belongs_to_its_challenge(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    factor = enroll_phone(auth, bearer)
    challenge(auth, bearer, factor["id"])
    older = code_of(auth)
    auth.clock.advance(seconds=6)
    newer = challenge(auth, bearer, factor["id"])
    if older == code_of(auth):  # one time in a million
        return
    refused = verify(auth, bearer, factor["id"], newer, code=older)
    assert_refused(refused, 422, "mfa_verification_failed")


def test_a_code_works_once(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    factor = enroll_phone(auth, bearer)
    asked = challenge(auth, bearer, factor["id"])

    def show(_: int) -> int:
        return verify(auth, bearer, factor["id"], asked, code=code_of(auth)).status_code

    with ThreadPoolExecutor(4) as threads:
        statuses = sorted(threads.map(show, range(4)))
    assert statuses == [200, 422, 422, 422]


def test_a_code_ends_after_five_minutes(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    factor = enroll_phone(auth, bearer)
    asked = challenge(auth, bearer, factor["id"])
    auth.clock.advance(seconds=301)
    late = verify(auth, bearer, factor["id"], asked, code=code_of(auth))
    assert_refused(late, 422, "mfa_challenge_expired")
    again = verify(auth, bearer, factor["id"], asked, code=code_of(auth))
    assert_refused(again, 422, "mfa_factor_not_found")


def test_messages_wait_for_each_other(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    path = f"/factors/{enroll_phone(auth, bearer)['id']}/challenge"
    assert auth.post(path, {}, bearer=bearer).status_code == 200
    early = auth.post(path, {}, bearer=bearer)
    message = "For security purposes, you can only request this after 5 seconds."
    assert_refused(early, 429, "over_sms_send_rate_limit", message)
    auth.clock.advance(seconds=5)
    assert auth.post(path, {}, bearer=bearer).status_code == 200
    assert len(auth.outbox.mails) == 2


def test_several_requests_at_once_send_one_message(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    path = f"/factors/{enroll_phone(auth, bearer)['id']}/challenge"

    def ask(_: int) -> int:
        return auth.post(path, {}, bearer=bearer).status_code

    with ThreadPoolExecutor(4) as threads:
        statuses = sorted(threads.map(ask, range(4)))
    assert statuses == [200, 429, 429, 429]
    assert len(auth.outbox.mails) == 1


def test_no_frequency_means_a_minute(make_auth: MakeAuth) -> None:
    auth = make_auth(mfa={"phone": replace(PHONE_ON, max_frequency=timedelta(0))})
    bearer = auth.sign_up()["access_token"]
    path = f"/factors/{enroll_phone(auth, bearer)['id']}/challenge"
    assert auth.post(path, {}, bearer=bearer).status_code == 200
    auth.clock.advance(seconds=59)
    assert_refused(auth.post(path, {}, bearer=bearer), 429, "over_sms_send_rate_limit")


def test_length_and_text_are_the_projects(make_auth: MakeAuth) -> None:
    phone = replace(PHONE_ON, otp_length=8, template="{{ .Code }} opens Notes")
    auth = make_auth(mfa={"phone": phone})
    bearer = auth.sign_up()["access_token"]
    factor = enroll_phone(auth, bearer)
    asked = challenge(auth, bearer, factor["id"])
    code = auth.outbox.latest.subject.removesuffix(" opens Notes")
    assert len(code) == 8
    assert verify(auth, bearer, factor["id"], asked, code=code).status_code == 200


def test_a_broken_template_is_no_riddle(make_auth: MakeAuth) -> None:
    auth = make_auth(mfa={"phone": replace(PHONE_ON, template="{{ .Code")})
    bearer = auth.sign_up()["access_token"]
    path = f"/factors/{enroll_phone(auth, bearer)['id']}/challenge"
    refused = auth.post(path, {}, bearer=bearer)
    assert_refused(refused, 500, "unexpected_failure", "error generating sms template")


@pytest.mark.parametrize("channel", ["whatsapp", "pigeon"])
def test_messages_are_sms(auth: AuthService, channel: str) -> None:
    bearer = auth.sign_up()["access_token"]
    path = f"/factors/{enroll_phone(auth, bearer)['id']}/challenge"
    refused = auth.post(path, {"channel": channel}, bearer=bearer)
    assert_refused(refused, 400, "validation_failed")
    assert "Invalid channel" in refused.json["msg"]
    assert auth.post(path, {"channel": "sms"}, bearer=bearer).status_code == 200


@pytest.mark.parametrize(
    ("phone", "message"),
    [
        (None, "Phone number required to enroll Phone factor"),
        ("", "Phone number required to enroll Phone factor"),
        ("ada", "Invalid phone number format (E.164 required)"),
        ("+0123456", "Invalid phone number format (E.164 required)"),
    ],
)
def test_a_number_must_be_one(auth: AuthService, phone: str | None, message: str) -> None:
    bearer = auth.sign_up()["access_token"]
    body = {"factor_type": "phone", "friendly_name": "mine", "phone": phone}
    refused = auth.post("/factors", body, bearer=bearer)
    assert_refused(refused, 400, "validation_failed", message)


def test_a_number_is_a_users_once(auth: AuthService) -> None:
    tokens, _ = with_phone(auth)
    body = {"factor_type": "phone", "friendly_name": "other", "phone": NUMBER}
    refused = auth.post("/factors", body, bearer=tokens["access_token"])
    assert_refused(refused, 422, "mfa_verified_factor_exists")
    other = auth.sign_up("eve@example.com")["access_token"]
    assert enroll_phone(auth, other)["phone"] == NUMBER


def test_beginning_again_replaces_what_was_begun(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    first = enroll_phone(auth, bearer)
    second = enroll_phone(auth, bearer)
    assert auth.count("auth.mfa_factors") == 1
    gone = auth.post(f"/factors/{first['id']}/challenge", {}, bearer=bearer)
    assert_refused(gone, 404, "mfa_factor_not_found")
    assert show_phone(auth, bearer, second["id"]).status_code == 200


def test_the_admin_gives_no_number_twice(auth: AuthService) -> None:
    user = auth.sign_up()
    bearer = user["access_token"]
    enroll_phone(auth, bearer)
    other = enroll_phone(auth, bearer, "other", "+4915112345678")
    path = f"/admin/users/{user['user']['id']}/factors/{other['id']}"
    refused = auth.put(path, {"phone": NUMBER}, bearer=auth.service_role)
    assert_refused(refused, 422, "mfa_verified_factor_exists")
    changed = auth.put(path, {"phone": "+4915100000000"}, bearer=auth.service_role)
    assert changed.json["phone"] == "4915100000000"


@pytest.mark.parametrize("kind", ["phone", "webauthn", "totp"])
def test_a_type_that_is_off_is_refused(make_auth: MakeAuth, kind: str) -> None:
    auth = make_auth()
    bearer = auth.sign_up()["access_token"]
    body = {"factor_type": kind, "friendly_name": "mine", "phone": NUMBER}
    refused = auth.post("/factors", body, bearer=bearer)
    assert_refused(refused, 422, f"mfa_{kind}_enroll_not_enabled")


@pytest.mark.parametrize("kind", ["phone", "webauthn", "totp"])
def test_a_type_that_is_switched_off_is_no_longer_used(make_auth: MakeAuth, kind: str) -> None:
    auth = make_auth(**ALL_ON)
    bearer = auth.sign_up()["access_token"]
    factor = enroll(auth, bearer, kind, phone=NUMBER)
    off = make_auth()
    for path, body in (("challenge", {}), ("verify", {"code": "123456"})):
        refused = off.post(f"/factors/{factor['id']}/{path}", body, bearer=bearer)
        assert_refused(refused, 422, f"mfa_{kind}_verify_not_enabled")
    assert off.delete(f"/factors/{factor['id']}", bearer=bearer).status_code == 200


def test_removing_it_lowers_the_session(auth: AuthService) -> None:
    tokens, factor = with_phone(auth)
    assert auth.delete(f"/factors/{factor['id']}", bearer=tokens["access_token"]).json == {
        "id": factor["id"]
    }
    claims = claims_of(auth.refresh(tokens["refresh_token"]).json["access_token"])
    assert (claims["aal"], [one["method"] for one in claims["amr"]]) == ("aal1", ["password"])


@pytest.mark.parametrize("kind", ["totp", "phone", "webauthn"])
def test_the_owner_is_told(make_auth: MakeAuth, kind: str) -> None:
    on = NotificationConfig(enabled=True)
    notices = {"mfa_factor_enrolled": on, "mfa_factor_unenrolled": on}
    auth = make_auth(**ALL_ON, email={"notification": notices})
    bearer = auth.sign_up()["access_token"]
    factor = enroll(auth, bearer, kind, phone=NUMBER)
    if kind == "totp":
        raised = show_app(auth, bearer, factor)
    elif kind == "phone":
        raised = show_phone(auth, bearer, factor["id"])
    else:
        raised = show_key(auth, bearer, factor["id"], Authenticator())
    told = auth.outbox.latest
    assert told.to == "ada@example.com"
    assert f"({kind}) was added" in told.html
    auth.delete(f"/factors/{factor['id']}", bearer=raised.json["access_token"])
    assert f"({kind}) was removed" in auth.outbox.latest.html


def test_whoever_has_no_address_is_told_nothing(make_auth: MakeAuth) -> None:
    notices = {"mfa_factor_enrolled": NotificationConfig(enabled=True)}
    auth = make_auth(**ALL_ON, sms={"enable_signup": True}, email={"notification": notices})
    signed_up = auth.post("/signup", {"phone": NUMBER, "password": PASSWORD})
    bearer = signed_up.json["access_token"]
    factor = enroll_phone(auth, bearer)
    assert show_phone(auth, bearer, factor["id"]).status_code == 200
    assert [mail.to for mail in auth.outbox.mails] == [f"{NUMBER}@phone.invalid"]


def test_what_was_begun_before_the_first_factor_is_no_way_around_it(auth: AuthService) -> None:
    """Whoever knows the password might have left a phone of theirs half added."""
    thief = auth.sign_up()["access_token"]
    theirs = enroll_phone(auth, thief, "theirs")
    owner = auth.sign_in()["access_token"]
    app = enroll(auth, owner, "totp")
    asked = challenge(auth, thief, theirs["id"])
    code = code_of(auth)
    raised = show_app(auth, owner, app).json["access_token"]
    thief = auth.sign_in()["access_token"]
    refused = verify(auth, thief, theirs["id"], asked, code=code)
    assert_refused(refused, 403, "insufficient_aal")
    refused = auth.post(f"/factors/{theirs['id']}/challenge", {}, bearer=thief)
    assert_refused(refused, 403, "insufficient_aal")
    auth.clock.advance(seconds=6)
    assert show_phone(auth, raised, theirs["id"]).status_code == 200


def test_asking_and_showing_are_counted_apart(make_auth: MakeAuth) -> None:
    auth = make_auth(**ALL_ON, context={"rate_limit_header": "X-Forwarded-For"})
    bearer = auth.sign_up()["access_token"]
    path = f"/factors/{enroll(auth, bearer, 'totp')['id']}"
    here = {"X-Forwarded-For": "198.51.100.7"}

    def answers(action: str, body: dict[str, str]) -> list[int]:
        return [
            auth.post(f"{path}/{action}", body, bearer=bearer, headers=here).status_code
            for _ in range(31)
        ]

    assert answers("challenge", {}) == [200] * 30 + [429]
    assert answers("verify", {}) == [400] * 30 + [429]
    over = auth.post(f"{path}/verify", {}, bearer=bearer, headers=here)
    assert_refused(over, 429, "over_request_rate_limit")
