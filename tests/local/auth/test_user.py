"""GET and PUT /user."""

from __future__ import annotations

from typing import Any

import pytest

from hipflask.local.auth import one_time_tokens
from hipflask.local.config.auth import NotificationConfig
from tests.local.auth.conftest import MakeAuth
from tests.local.auth.service import PASSWORD, AuthService, assert_refused, claims_of

NEW = "another battery"


def nonce_of(auth: AuthService, code: str = "123456") -> str:
    """Store the hash of a code as GET /reauthenticate does, and return the code."""
    auth.database.execute(
        "update auth.users set reauthentication_token = %s, reauthentication_sent_at = %s",
        (one_time_tokens.hash_of("ada@example.com", code), auth.clock.now()),
    )
    return code


def test_get_returns_the_user(auth: AuthService) -> None:
    tokens = auth.sign_up(data={"full_name": "Ada"})
    answer = auth.get("/user", bearer=tokens["access_token"])
    assert answer.json == tokens["user"]


def test_get_wants_the_tokens_audience(auth: AuthService) -> None:
    tokens = auth.sign_up()
    answer = auth.get("/user", bearer=tokens["access_token"], headers={"X-JWT-AUD": "other"})
    message = "Token audience doesn't match request audience"
    assert_refused(answer, 400, "validation_failed", message)


def test_metadata_is_merged_and_null_removes(auth: AuthService) -> None:
    bearer = auth.sign_up(data={"name": "Ada", "colour": "red"})["access_token"]
    answer = auth.put("/user", {"data": {"colour": None, "size": [1, {"a": "ä"}]}}, bearer=bearer)
    metadata = answer.json["user_metadata"]
    assert metadata["name"] == "Ada"
    assert metadata["size"] == [1, {"a": "ä"}]
    assert "colour" not in metadata
    assert auth.get("/user", bearer=bearer).json["user_metadata"] == metadata
    assert auth.audit_actions()[-1] == "user_modified"


def test_app_metadata_is_not_the_users_to_change(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    answer = auth.put("/user", {"app_metadata": {"role": "admin"}}, bearer=bearer)
    assert_refused(answer, 403, "not_admin", "Updating app_metadata requires admin privileges")


def test_password_change_ends_the_other_sessions_and_every_mailed_token(auth: AuthService) -> None:
    other, mine = auth.sign_up(), auth.sign_in()
    auth.database.execute(
        """update auth.users set recovery_token = 'x', recovery_sent_at = now();
           insert into auth.one_time_tokens (id, user_id, token_type, token_hash, relates_to)
             select gen_random_uuid(), id, 'recovery_token', 'x', email from auth.users"""
    )
    answer = auth.put("/user", {"password": NEW}, bearer=mine["access_token"])
    assert answer.status_code == 200
    assert "recovery_sent_at" not in answer.json
    assert auth.get("/user", bearer=mine["access_token"]).status_code == 200
    assert_refused(auth.get("/user", bearer=other["access_token"]), 403, "session_not_found")
    assert_refused(auth.refresh(other["refresh_token"]), 400, "refresh_token_not_found")
    assert auth.refresh(mine["refresh_token"]).status_code == 200
    assert auth.count("auth.one_time_tokens") == 0
    assert auth.row("select recovery_token from auth.users") == ("",)
    auth.sign_in(password=NEW)
    wrong = auth.post(
        "/token?grant_type=password", {"email": "ada@example.com", "password": PASSWORD}
    )
    assert_refused(wrong, 400, "invalid_credentials")


def test_password_change_is_logged(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    auth.put("/user", {"password": NEW}, bearer=bearer)
    assert auth.audit_actions()[-2:] == ["user_updated_password", "user_modified"]


def test_password_change_is_told_by_mail_if_asked_for(make_auth: MakeAuth) -> None:
    notification = {"password_changed": NotificationConfig(enabled=True)}
    auth = make_auth(email={"notification": notification})
    bearer = auth.sign_up()["access_token"]
    auth.put("/user", {"password": NEW}, bearer=bearer)
    assert auth.outbox.latest.to == "ada@example.com"
    assert NEW not in auth.outbox.latest.html


def test_token_without_session_ends_all_sessions(auth: AuthService) -> None:
    user_id = auth.sign_up()["user"]["id"]
    auth.put("/user", {"password": NEW}, bearer=auth.sign(sub=user_id))
    assert auth.count("auth.sessions") == 0


def test_same_password(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    message = "New password should be different from the old password."
    answer = auth.put("/user", {"password": PASSWORD}, bearer=bearer)
    assert_refused(answer, 422, "same_password", message)


@pytest.mark.parametrize("password", ["short", ""])
def test_weak_password(auth: AuthService, password: str) -> None:
    bearer = auth.sign_up()["access_token"]
    answer = auth.put("/user", {"password": password}, bearer=bearer)
    assert_refused(answer, 422, "weak_password")
    assert answer.json["weak_password"] == {"reasons": ["length"]}


def test_too_long_password(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    answer = auth.put("/user", {"password": "ä" * 37}, bearer=bearer)
    assert_refused(answer, 400, "validation_failed", "Password cannot be longer than 72 characters")


def test_old_session_needs_a_code_for_a_new_password(make_auth: MakeAuth) -> None:
    auth = make_auth(email={"secure_password_change": True})
    tokens = auth.sign_up()
    auth.clock.advance(hours=24, seconds=1)
    bearer = auth.refresh(tokens["refresh_token"]).json["access_token"]
    asked = auth.put("/user", {"password": NEW}, bearer=bearer)
    message = "Password update requires reauthentication"
    assert_refused(asked, 400, "reauthentication_needed", message)
    nonce = nonce_of(auth)
    wrong = auth.put("/user", {"password": NEW, "nonce": "000000"}, bearer=bearer)
    message = "Nonce has expired or is invalid"
    assert_refused(wrong, 422, "reauthentication_not_valid", message)
    right = auth.put("/user", {"password": NEW, "nonce": nonce}, bearer=bearer)
    assert right.status_code == 200
    again = auth.put("/user", {"password": PASSWORD, "nonce": nonce}, bearer=bearer)
    assert_refused(again, 422, "reauthentication_not_valid")


def test_code_expires(make_auth: MakeAuth) -> None:
    auth = make_auth(email={"secure_password_change": True})
    tokens = auth.sign_up()
    auth.clock.advance(hours=25)
    nonce = nonce_of(auth)
    auth.clock.advance(seconds=3601)
    bearer = auth.refresh(tokens["refresh_token"]).json["access_token"]
    answer = auth.put("/user", {"password": NEW, "nonce": nonce}, bearer=bearer)
    assert_refused(answer, 422, "reauthentication_not_valid")


def test_empty_code_matches_no_empty_token(make_auth: MakeAuth) -> None:
    auth = make_auth(email={"secure_password_change": True})
    user_id = auth.sign_up()["user"]["id"]
    answer = auth.put("/user", {"password": NEW, "nonce": "x"}, bearer=auth.sign(sub=user_id))
    assert_refused(answer, 422, "reauthentication_not_valid")


def test_fresh_session_needs_no_code(make_auth: MakeAuth) -> None:
    auth = make_auth(email={"secure_password_change": True})
    bearer = auth.sign_up()["access_token"]
    assert auth.put("/user", {"password": NEW}, bearer=bearer).status_code == 200


def test_current_password_may_be_required(make_auth: MakeAuth) -> None:
    auth = make_auth(email={"require_current_password": True})
    bearer = auth.sign_up()["access_token"]
    missing = auth.put("/user", {"password": NEW}, bearer=bearer)
    assert_refused(missing, 400, "current_password_required")
    wrong = auth.put("/user", {"password": NEW, "current_password": "x"}, bearer=bearer)
    assert_refused(wrong, 400, "current_password_invalid")
    right = auth.put("/user", {"password": NEW, "current_password": PASSWORD}, bearer=bearer)
    assert right.status_code == 200


@pytest.mark.parametrize("method", ["otp", "magiclink", "recovery"])
def test_recovering_user_need_not_know_the_current_password(
    make_auth: MakeAuth, method: str
) -> None:
    auth = make_auth(email={"require_current_password": True})
    bearer = auth.sign_up()["access_token"]
    auth.database.execute("update auth.mfa_amr_claims set authentication_method = %s", (method,))
    assert auth.put("/user", {"password": NEW}, bearer=bearer).status_code == 200


def test_first_password(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    auth.database.execute("update auth.users set encrypted_password = ''")
    assert auth.put("/user", {"password": PASSWORD}, bearer=bearer).status_code == 200
    auth.sign_in()


def test_new_address_waits_for_its_mail(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    answer = auth.put("/user", {"email": "Ada@New.example"}, bearer=bearer)
    assert answer.json["email"] == "ada@example.com"
    assert answer.json["new_email"] == "ada@new.example"
    assert answer.json["email_change_sent_at"]
    recipients = {mail.to for mail in auth.outbox.mails}
    assert recipients == {"ada@example.com", "ada@new.example"}


def test_new_address_with_pkce(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    body = {
        "email": "ada@new.example",
        "code_challenge": "c" * 43,
        "code_challenge_method": "plain",
    }
    assert auth.put("/user", body, bearer=bearer).status_code == 200
    row = auth.row("select provider_type, authentication_method from auth.flow_state")
    assert row == ("email_change", "email_change")


def test_own_address_changes_nothing(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    answer = auth.put("/user", {"email": "ADA@example.com"}, bearer=bearer)
    assert answer.status_code == 200
    assert auth.outbox.mails == []


def test_address_of_somebody_else(auth: AuthService) -> None:
    auth.sign_up("bob@example.com")
    bearer = auth.sign_up()["access_token"]
    answer = auth.put("/user", {"email": "Bob@example.com"}, bearer=bearer)
    message = "A user with this email address has already been registered"
    assert_refused(answer, 422, "email_exists", message)


def test_address_of_somebody_elses_identity(auth: AuthService) -> None:
    auth.sign_up("bob@example.com")
    auth.database.execute("update auth.users set email = 'moved@example.com'")
    bearer = auth.sign_up()["access_token"]
    answer = auth.put("/user", {"email": "bob@example.com"}, bearer=bearer)
    assert_refused(answer, 422, "email_exists")
    auth.database.execute(
        "update auth.identities set provider = 'sso:1' where email = 'bob@example.com'"
    )
    assert auth.put("/user", {"email": "bob@example.com"}, bearer=bearer).status_code == 200


@pytest.mark.parametrize(
    ("column", "body", "status", "code"),
    [
        ("is_sso_user", {"password": NEW}, 422, "user_sso_managed"),
        ("is_sso_user", {"email": "x@example.com"}, 422, "user_sso_managed"),
        ("is_sso_user", {"nonce": "1"}, 422, "user_sso_managed"),
        ("is_anonymous", {"password": NEW}, 422, "validation_failed"),
    ],
)
def test_users_of_other_kinds(
    auth: AuthService, column: str, body: dict[str, Any], status: int, code: str
) -> None:
    bearer = auth.sign_up()["access_token"]
    auth.database.execute(f"update auth.users set {column} = true")
    assert_refused(auth.put("/user", body, bearer=bearer), status, code)
    assert auth.put("/user", {"data": {"a": 1}}, bearer=bearer).status_code == 200


def test_second_factor_must_have_been_shown(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    auth.database.execute(
        """insert into auth.mfa_factors (id, user_id, factor_type, status, created_at, updated_at)
             select gen_random_uuid(), id, 'totp', 'verified', now(), now() from auth.users"""
    )
    answer = auth.put("/user", {"password": NEW}, bearer=bearer)
    assert_refused(answer, 401, "insufficient_aal")
    auth.database.execute("update auth.sessions set aal = 'aal2'")
    answer = auth.put("/user", {"password": NEW}, bearer=bearer)
    assert answer.status_code == 200
    assert answer.json["factors"][0]["status"] == "verified"


def test_phone_is_not_served(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    answer = auth.put("/user", {"phone": "+491701234567"}, bearer=bearer)
    assert_refused(answer, 422, "phone_provider_disabled")


def test_broken_address(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    answer = auth.put("/user", {"email": "no at sign"}, bearer=bearer)
    assert_refused(answer, 400, "validation_failed")


def test_counts_requests(make_auth: MakeAuth) -> None:
    auth = make_auth(context={"rate_limit_header": "X-Real-IP"})
    bearer = auth.sign_up()["access_token"]
    headers = {"X-Real-IP": "203.0.113.7"}
    for _ in range(30):
        assert auth.put("/user", {}, bearer=bearer, headers=headers).status_code == 200
    answer = auth.put("/user", {}, bearer=bearer, headers=headers)
    assert_refused(answer, 429, "over_request_rate_limit")


def test_session_of_the_claims_is_the_rows(auth: AuthService) -> None:
    tokens = auth.sign_up()
    session_id = claims_of(tokens["access_token"])["session_id"]
    assert auth.count("auth.sessions", "id = %s", session_id) == 1
