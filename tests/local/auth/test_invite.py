"""POST /invite."""

from __future__ import annotations

from tests.local.auth.flows import ADA, HOME, ask_signup, confirm_ada
from tests.local.auth.mails import ReadMail
from tests.local.auth.service import AuthService, assert_refused


def test_makes_a_user_and_sends_a_mail(confirming_auth: AuthService) -> None:
    answer = confirming_auth.post(
        f"/invite?redirect_to={HOME}",
        {"email": "Ada@example.com", "data": {"team": "blue"}},
        bearer=confirming_auth.service_role,
    )
    assert answer.status_code == 200
    user = answer.json
    assert (user["email"], user["user_metadata"]) == (ADA, {"team": "blue"})
    assert user["app_metadata"] == {"provider": "email", "providers": ["email"]}
    assert user["invited_at"] == user["confirmation_sent_at"]
    assert "email_confirmed_at" not in user
    assert [identity["email"] for identity in user["identities"]] == [ADA]
    mail = ReadMail.of(confirming_auth.outbox.latest)
    assert confirming_auth.outbox.latest.subject == "You are invited"
    assert mail.query["redirect_to"] == HOME
    payload = confirming_auth.row("select payload from auth.audit_log_entries")[0]
    assert payload["action"] == "user_invited"
    assert payload["actor_username"] == "service_role"
    assert payload["traits"] == {"user_id": user["id"], "user_email": ADA}


def test_unconfirmed_user_is_invited_again(confirming_auth: AuthService) -> None:
    for _ in range(2):
        answer = confirming_auth.post(
            "/invite", {"email": ADA}, bearer=confirming_auth.service_role
        )
        assert answer.status_code == 200
    assert len(confirming_auth.outbox.mails) == 2
    assert confirming_auth.count("auth.users") == 1


def test_confirmed_user_is_not_invited(auth: AuthService) -> None:
    confirm_ada(auth)
    answer = auth.post("/invite", {"email": ADA}, bearer=auth.service_role)
    message = "A user with this email address has already been registered"
    assert_refused(answer, 422, "email_exists", message)


def test_sign_up_tells_nobody_about_an_invited_user(confirming_auth: AuthService) -> None:
    body = {"email": ADA, "data": {"secret": "plan"}}
    confirming_auth.post("/invite", body, bearer=confirming_auth.service_role)
    confirming_auth.database.execute("update auth.users set confirmation_sent_at = null")
    answer = confirming_auth.post("/signup", {"email": ADA, "password": "correct horse"})
    assert answer.status_code == 200
    assert "plan" not in answer.text


def test_only_an_admin_may(auth: AuthService) -> None:
    assert_refused(auth.post("/invite", {"email": ADA}), 401, "no_authorization")
    tokens = auth.sign_up("eve@example.com")
    answer = auth.post("/invite", {"email": ADA}, bearer=tokens["access_token"])
    assert_refused(answer, 403, "not_admin", "User not allowed")
    answer = auth.post("/invite", {"email": ADA}, bearer=auth.sign(role="anon"))
    assert_refused(answer, 403, "not_admin")
    assert auth.outbox.mails == []


def test_bad_address(auth: AuthService) -> None:
    answer = auth.post("/invite", {}, bearer=auth.service_role)
    assert_refused(answer, 400, "validation_failed", "An email address is required")


def test_invite_of_someone_who_signed_up(confirming_auth: AuthService) -> None:
    ask_signup(confirming_auth, {})
    confirming_auth.post("/invite", {"email": ADA}, bearer=confirming_auth.service_role)
    mail = ReadMail.of(confirming_auth.outbox.latest)
    confirming_auth.post("/verify", {"type": "invite", "token_hash": mail.token_hash})
    assert confirming_auth.sign_in()["user"]["email"] == ADA
