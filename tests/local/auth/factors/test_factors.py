"""Second factors by authenticator app, as clients add, use and remove them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hipflask.local.auth.factors import totp
from tests.local.auth.conftest import MakeAuth
from tests.local.auth.service import AuthService, assert_refused, claims_of


@pytest.fixture
def auth(make_auth: MakeAuth) -> AuthService:
    from hipflask.local.config.auth import MFATypeConfig

    both = MFATypeConfig(enroll_enabled=True, verify_enabled=True)
    return make_auth(mfa={"totp": both, "max_enrolled_factors": 3})


def enroll(auth: AuthService, bearer: str, name: str = "phone") -> Any:
    answer = auth.post("/factors", {"factor_type": "totp", "friendly_name": name}, bearer=bearer)
    assert answer.status_code == 200, answer.json
    return answer.json


def challenge(auth: AuthService, bearer: str, factor_id: str) -> Any:
    answer = auth.post(f"/factors/{factor_id}/challenge", {}, bearer=bearer)
    assert answer.status_code == 200, answer.json
    return answer.json


def code_now(auth: AuthService, secret: str) -> str:
    return totp.code_at(secret, int(auth.clock.now().timestamp()) // totp.PERIOD)


def verify(auth: AuthService, bearer: str, factor: Any, **changes: str) -> Any:
    asked = challenge(auth, bearer, factor["id"])
    body = {"challenge_id": asked["id"], "code": code_now(auth, factor["totp"]["secret"])}
    return auth.post(f"/factors/{factor['id']}/verify", body | changes, bearer=bearer)


def with_factor(auth: AuthService) -> tuple[Any, Any]:
    """Sign up, add a factor, and return the raised tokens and the factor."""
    bearer = auth.sign_up()["access_token"]
    factor = enroll(auth, bearer)
    answer = verify(auth, bearer, factor)
    assert answer.status_code == 200, answer.json
    return answer.json, factor


def test_enrolling_shows_the_secret_once(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    factor = enroll(auth, bearer)
    assert factor["type"] == "totp"
    assert factor["friendly_name"] == "phone"
    assert factor["totp"]["uri"].startswith("otpauth://totp/127.0.0.1%3A8080:ada%40example.com?")
    assert factor["totp"]["secret"] in factor["totp"]["uri"]
    assert "<svg" in factor["totp"]["qr_code"]
    (listed,) = auth.get("/user", bearer=bearer).json["factors"]
    assert listed["status"] == "unverified"
    assert "secret" not in listed


def test_a_code_raises_the_session(auth: AuthService) -> None:
    tokens, factor = with_factor(auth)
    claims = claims_of(tokens["access_token"])
    assert claims["aal"] == "aal2"
    assert [entry["method"] for entry in claims["amr"]] == ["totp", "password"] or {
        entry["method"] for entry in claims["amr"]
    } == {"totp", "password"}
    assert tokens["user"]["factors"][0]["status"] == "verified"
    refreshed = auth.refresh(tokens["refresh_token"]).json
    assert claims_of(refreshed["access_token"])["aal"] == "aal2"
    assert auth.audit_actions().count("verification_attempted") == 1
    assert auth.count("auth.sessions", "factor_id = %s", factor["id"]) == 1


def test_a_new_sign_in_has_one_factor_until_a_code_is_shown(auth: AuthService) -> None:
    _, factor = with_factor(auth)
    bearer = auth.sign_in()["access_token"]
    assert claims_of(bearer)["aal"] == "aal1"
    refused = auth.put("/user", {"password": "another horse"}, bearer=bearer)
    assert_refused(refused, 401, "insufficient_aal")
    raised = verify(auth, bearer, factor).json["access_token"]
    assert auth.put("/user", {"password": "another horse"}, bearer=raised).status_code == 200


def test_verifying_ends_sessions_with_one_factor(auth: AuthService) -> None:
    other = auth.sign_up()
    mine = auth.sign_in()["access_token"]
    assert verify(auth, mine, enroll(auth, mine)).status_code == 200
    gone = auth.get("/user", bearer=other["access_token"])
    assert_refused(gone, 403, "session_not_found")


def test_a_challenge_is_answered_once(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    factor = enroll(auth, bearer)
    asked = challenge(auth, bearer, factor["id"])
    body = {"challenge_id": asked["id"], "code": code_now(auth, factor["totp"]["secret"])}
    path = f"/factors/{factor['id']}/verify"
    raised = auth.post(path, body, bearer=bearer).json["access_token"]
    assert_refused(auth.post(path, body, bearer=raised), 422, "mfa_ip_address_mismatch")


def test_a_wrong_code_leaves_the_challenge_open(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    factor = enroll(auth, bearer)
    asked = challenge(auth, bearer, factor["id"])
    path = f"/factors/{factor['id']}/verify"
    right = code_now(auth, factor["totp"]["secret"])
    wrong = {"challenge_id": asked["id"], "code": "000000" if right != "000000" else "111111"}
    assert_refused(auth.post(path, wrong, bearer=bearer), 422, "mfa_verification_failed")
    assert auth.post(path, wrong | {"code": right}, bearer=bearer).status_code == 200


def test_a_challenge_ends_after_five_minutes(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    factor = enroll(auth, bearer)
    asked = challenge(auth, bearer, factor["id"])
    auth.clock.advance(seconds=301)
    body = {"challenge_id": asked["id"], "code": code_now(auth, factor["totp"]["secret"])}
    answer = auth.post(f"/factors/{factor['id']}/verify", body, bearer=bearer)
    assert_refused(answer, 422, "mfa_challenge_expired")


def test_a_challenge_belongs_to_one_address(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    factor = enroll(auth, bearer)
    asked = challenge(auth, bearer, factor["id"])
    body = {"challenge_id": asked["id"], "code": code_now(auth, factor["totp"]["secret"])}
    elsewhere = {"X-Forwarded-For": "203.0.113.9"}
    path = f"/factors/{factor['id']}/verify"
    answer = auth.post(path, body, bearer=bearer, headers=elsewhere)
    assert_refused(answer, 422, "mfa_ip_address_mismatch")


def test_somebody_elses_factor_is_not_found(auth: AuthService) -> None:
    _, factor = with_factor(auth)
    other = auth.sign_up("eve@example.com")["access_token"]
    for method, path in (("POST", "/challenge"), ("POST", "/verify"), ("DELETE", "")):
        answer = auth.call(method, f"/factors/{factor['id']}{path}", {"code": "1"}, bearer=other)
        assert_refused(answer, 404, "mfa_factor_not_found")


@pytest.mark.parametrize("code", ["", None])
def test_a_code_must_be_there(auth: AuthService, code: str | None) -> None:
    bearer = auth.sign_up()["access_token"]
    factor = enroll(auth, bearer)
    answer = auth.post(f"/factors/{factor['id']}/verify", {"code": code}, bearer=bearer)
    assert_refused(answer, 400, "validation_failed")


def test_names_are_unique(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    enroll(auth, bearer)
    again = {"factor_type": "totp", "friendly_name": "phone"}
    assert_refused(auth.post("/factors", again, bearer=bearer), 422, "mfa_factor_name_conflict")


def test_there_is_room_for_so_many(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    for number in range(3):
        enroll(auth, bearer, f"{number}")
    one_more = {"factor_type": "totp", "friendly_name": "4"}
    answer = auth.post("/factors", one_more, bearer=bearer)
    assert_refused(answer, 422, "too_many_enrolled_mfa_factors")


def test_what_was_never_verified_is_forgotten(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    enroll(auth, bearer)
    auth.clock.advance(seconds=301)
    enroll(auth, bearer)
    assert auth.count("auth.mfa_factors") == 1


def test_another_factor_needs_the_first(auth: AuthService) -> None:
    with_factor(auth)
    bearer = auth.sign_in()["access_token"]
    answer = auth.post("/factors", {"factor_type": "totp", "friendly_name": "b"}, bearer=bearer)
    assert_refused(answer, 403, "insufficient_aal")


def test_removing_needs_the_factor_and_lowers_the_session(auth: AuthService) -> None:
    tokens, factor = with_factor(auth)
    plain = auth.sign_in()["access_token"]
    path = f"/factors/{factor['id']}"
    assert_refused(auth.delete(path, bearer=plain), 422, "insufficient_aal")
    answer = auth.delete(path, bearer=tokens["access_token"])
    assert answer.json == {"id": factor["id"]}
    lowered = auth.refresh(tokens["refresh_token"]).json["access_token"]
    claims = claims_of(lowered)
    assert claims["aal"] == "aal1"
    assert [entry["method"] for entry in claims["amr"]] == ["password"]


def test_anonymous_users_have_none(make_auth: MakeAuth) -> None:
    auth = make_auth(enable_anonymous_sign_ins=True)
    bearer = auth.post("/signup", {}).json["access_token"]
    answer = auth.post("/factors", {"factor_type": "totp"}, bearer=bearer)
    assert_refused(answer, 403, "no_authorization")


def test_the_admin_sees_renames_and_deletes(auth: AuthService) -> None:
    tokens, factor = with_factor(auth)
    base = f"/admin/users/{tokens['user']['id']}/factors"
    (listed,) = auth.get(base, bearer=auth.service_role).json
    assert listed["id"] == factor["id"]
    assert "secret" not in listed
    path = f"{base}/{factor['id']}"
    renamed = auth.put(path, {"friendly_name": "new"}, bearer=auth.service_role).json
    assert renamed["friendly_name"] == "new"
    assert auth.delete(path, bearer=auth.service_role).json["id"] == factor["id"]
    lowered = auth.refresh(tokens["refresh_token"]).json["access_token"]
    assert claims_of(lowered)["aal"] == "aal1"


def test_tokens_from_before_the_code_are_worth_nothing(auth: AuthService) -> None:
    """Whoever stole one must not get the second level without a code."""
    before = auth.sign_up()
    verify(auth, before["access_token"], enroll(auth, before["access_token"]))
    for _ in range(2):
        answer = auth.refresh(before["refresh_token"])
        assert_refused(answer, 400, "refresh_token_already_used")


@pytest.mark.parametrize("field", ["issuer", "friendly_name"])
def test_names_that_no_code_can_hold(auth: AuthService, field: str) -> None:
    bearer = auth.sign_up()["access_token"]
    body = {"factor_type": "totp", "friendly_name": "a", field: "x" * 3000}
    assert_refused(auth.post("/factors", body, bearer=bearer), 400, "validation_failed")
    assert auth.count("auth.mfa_factors") == 0
    body[field] = "林" * 40
    assert auth.post("/factors", body, bearer=bearer).status_code == 200


def test_there_is_room_for_so_many_however_they_come(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]

    def begin(number: int) -> int:
        body = {"factor_type": "totp", "friendly_name": f"{number}"}
        return auth.post("/factors", body, bearer=bearer).status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = sorted(threads.map(begin, range(8)))
    assert statuses == [200] * 3 + [422] * 5
    assert auth.count("auth.mfa_factors") == 3


def test_the_admin_sees_when_a_factor_was_asked_for(auth: AuthService) -> None:
    tokens, _ = with_factor(auth)
    base = f"/admin/users/{tokens['user']['id']}/factors"
    (listed,) = auth.get(base, bearer=auth.service_role).json
    assert listed["last_challenged_at"] is not None
