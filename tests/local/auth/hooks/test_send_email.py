"""The hook send_email: it sends every mail, and nothing goes to the mailbox."""

from __future__ import annotations

from typing import Any

import pytest

from hipflask.local.config import NotificationConfig
from tests.local.auth.hooks.conftest import Hook, Hooked
from tests.local.auth.hooks.ways import FunctionHook, ServiceHook
from tests.local.auth.service import ISSUER, PASSWORD, AuthService, Reply, assert_refused

NAME = "send_email"
EMAIL, NEW_EMAIL = "ada@example.com", "ada@example.org"
NOTHING = {
    "token": "",
    "token_hash": "",
    "token_new": "",
    "token_hash_new": "",
    "old_email": "",
    "old_phone": "",
    "provider": "",
    "factor_type": "",
    "redirect_to": "http://127.0.0.1:8080",
    "site_url": ISSUER,
}


@pytest.fixture
def auth(hooked: Hooked, hook: Hook) -> AuthService:
    """An Auth app that confirms addresses, with two notices on."""
    notices = {
        name: NotificationConfig(enabled=True)
        for name in ("password_changed", "email_changed", "mfa_factor_enrolled")
    }
    email = {"enable_confirmations": True, "notification": notices}
    return hooked(NAME, hook, email=email)


def sign_up(auth: AuthService, **query: str) -> Reply:
    home = query.get("redirect_to", "")
    path = f"/signup?redirect_to={home}" if home else "/signup"
    return auth.post(path, {"email": EMAIL, "password": PASSWORD})


def latest(hook: Hook) -> Any:
    return hook.events[-1]["email_data"]


def verify(auth: AuthService, kind: str, token_hash: str) -> Any:
    answer = auth.post("/verify", {"type": kind, "token_hash": token_hash})
    assert answer.status_code == 200, answer.json
    return answer.json


def signed_up(auth: AuthService, hook: Hook) -> str:
    sign_up(auth)
    auth.clock.advance(minutes=2)
    return str(verify(auth, "signup", latest(hook)["token_hash"])["access_token"])


def test_the_confirmation_of_a_sign_up(auth: AuthService, hook: Hook) -> None:
    user = sign_up(auth, redirect_to="http://127.0.0.1:8080/welcome").json
    (event,) = hook.events
    data = event["email_data"]
    assert sorted(event) == ["email_data", "metadata", "user"]
    assert event["metadata"]["name"] == "send-email"
    assert (event["user"]["id"], event["user"]["email"]) == (user["id"], EMAIL)
    (stored,) = auth.row("select confirmation_token from auth.users")
    assert data == NOTHING | {
        "email_action_type": "signup",
        "token": data["token"],
        "token_hash": stored,
        "redirect_to": "http://127.0.0.1:8080/welcome",
    }
    body = {"type": "email", "email": EMAIL, "token": data["token"]}
    assert "access_token" in auth.post("/verify", body).json
    assert auth.outbox.mails == []


def test_pkce_keeps_its_prefix(auth: AuthService, hook: Hook) -> None:
    challenge = {"code_challenge": "x" * 43, "code_challenge_method": "s256"}
    auth.post("/signup", {"email": EMAIL, "password": PASSWORD, **challenge})
    assert latest(hook)["token_hash"].startswith("pkce_")


def test_each_kind_of_link(auth: AuthService, hook: Hook) -> None:
    bearer = signed_up(auth, hook)
    auth.post("/recover", {"email": EMAIL})
    auth.clock.advance(minutes=2)
    auth.post("/magiclink", {"email": EMAIL})
    auth.post("/invite", {"email": "bob@example.com"}, bearer=auth.service_role)
    auth.get("/reauthenticate", bearer=bearer)
    sent = [event["email_data"] for event in hook.events]
    kinds = ["signup", "recovery", "magiclink", "invite", "reauthentication"]
    assert [data["email_action_type"] for data in sent] == kinds
    assert all(data["token"].isdecimal() and data["token_hash"] for data in sent)
    assert hook.events[3]["user"]["email"] == "bob@example.com"
    assert "access_token" in verify(auth, "magiclink", sent[2]["token_hash"])
    assert auth.outbox.mails == []


def test_the_mails_of_a_change_of_address_are_one_question(auth: AuthService, hook: Hook) -> None:
    bearer = signed_up(auth, hook)
    assert auth.put("/user", {"email": NEW_EMAIL}, bearer=bearer).status_code == 200
    data = latest(hook)
    assert len(hook.events) == 2
    assert (hook.events[-1]["user"]["email"], hook.events[-1]["user"]["new_email"]) == (
        EMAIL,
        NEW_EMAIL,
    )
    current, new = auth.row(
        "select email_change_token_current, email_change_token_new from auth.users"
    )
    assert data == NOTHING | {
        "email_action_type": "email_change",
        "token": data["token"],
        "token_new": data["token_new"],
        "token_hash": new,
        "token_hash_new": current,
    }
    old_side = {"type": "email_change", "email": EMAIL, "token": data["token"]}
    assert "Please proceed" in auth.post("/verify", old_side).json["msg"]
    verify(auth, "email_change", data["token_hash"])
    assert auth.row("select email from auth.users") == (NEW_EMAIL,)
    assert latest(hook) == NOTHING | {
        "email_action_type": "email_changed_notification",
        "old_email": EMAIL,
    }
    assert auth.outbox.mails == []


def test_a_change_that_one_address_confirms(hooked: Hooked, hook: Hook) -> None:
    auth = hooked(NAME, hook, email={"enable_confirmations": True, "double_confirm_changes": False})
    bearer = signed_up(auth, hook)
    auth.put("/user", {"email": NEW_EMAIL}, bearer=bearer)
    data = latest(hook)
    (new,) = auth.row("select email_change_token_new from auth.users")
    assert data == NOTHING | {
        "email_action_type": "email_change",
        "token": data["token"],
        "token_hash": new,
    }
    body = {"type": "email_change", "email": NEW_EMAIL, "token": data["token"]}
    assert auth.post("/verify", body).json["user"]["email"] == NEW_EMAIL


def test_a_notice(auth: AuthService, hook: Hook) -> None:
    bearer = signed_up(auth, hook)
    auth.put("/user", {"password": "another correct horse"}, bearer=bearer)
    assert latest(hook) == NOTHING | {"email_action_type": "password_changed_notification"}
    assert auth.outbox.mails == []


def refuse(hook: Hook) -> None:
    hook.answer({"error": {"http_code": 422, "message": "No such mailbox"}})


def test_a_notice_that_is_refused_undoes_nothing(auth: AuthService, hook: Hook) -> None:
    bearer = signed_up(auth, hook)
    refuse(hook)
    body = {"password": "another correct horse"}
    assert auth.put("/user", body, bearer=bearer).status_code == 200
    assert auth.sign_in(password="another correct horse")["access_token"]


def test_a_notice_that_fails_in_the_database_undoes_nothing(
    hooked: Hooked, function: FunctionHook
) -> None:
    notices = {"password_changed": NotificationConfig(enabled=True)}
    auth = hooked(NAME, function, email={"notification": notices})
    bearer = auth.sign_up()["access_token"]
    function.define("perform 1 / 0; return event")
    body = {"password": "another correct horse"}
    assert auth.put("/user", body, bearer=bearer).status_code == 200
    assert auth.sign_in(password="another correct horse")["access_token"]


def test_what_it_cannot_send_undoes_the_request(auth: AuthService, hook: Hook) -> None:
    refuse(hook)
    assert_refused(sign_up(auth), 422, "unknown", "No such mailbox")
    for table in ("users", "identities", "one_time_tokens", "audit_log_entries"):
        assert auth.count(f"auth.{table}") == 0, table
    hook.answer({})
    bearer = signed_up(auth, hook)
    refuse(hook)
    assert_refused(auth.post("/recover", {"email": EMAIL}), 422, "unknown", "No such mailbox")
    assert_refused(
        auth.put("/user", {"email": NEW_EMAIL}, bearer=bearer), 422, "unknown", "No such mailbox"
    )
    assert auth.row("select recovery_token, email_change from auth.users") == ("", "")


def test_the_limit_counts(hooked: Hooked, service: ServiceHook) -> None:
    auth = hooked(NAME, service, email={"enable_confirmations": True}, rate_limit={"email_sent": 0})
    assert_refused(sign_up(auth), 429, "over_email_send_rate_limit")
    assert service.events == []
