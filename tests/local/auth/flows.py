"""The ways in which a one-time mail is asked for, and what its use must lead to."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

from tests.local.auth.mails import ReadMail
from tests.local.auth.service import PASSWORD, AuthService, claims_of

ADA = "ada@example.com"
HOME = "http://127.0.0.1:8080/after"
VERIFIER = "v" * 50
PKCE = {
    "code_challenge": urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    .rstrip(b"=")
    .decode(),
    "code_challenge_method": "s256",
}


def confirm_ada(auth: AuthService) -> None:
    """Make Ada a user with a confirmed address, without a mail of this test's."""
    created = auth.post(
        "/admin/users",
        {"email": ADA, "password": PASSWORD, "email_confirm": True},
        bearer=auth.service_role,
    )
    assert created.status_code == 200, created.json


def ask_signup(auth: AuthService, challenge: dict[str, str]) -> None:
    auth.post(f"/signup?redirect_to={HOME}", {"email": ADA, "password": PASSWORD, **challenge})


def ask_recovery(auth: AuthService, challenge: dict[str, str]) -> None:
    confirm_ada(auth)
    auth.post(f"/recover?redirect_to={HOME}", {"email": ADA, **challenge})


def ask_magiclink(auth: AuthService, challenge: dict[str, str]) -> None:
    confirm_ada(auth)
    auth.post(f"/magiclink?redirect_to={HOME}", {"email": ADA, **challenge})


def ask_otp_of_stranger(auth: AuthService, challenge: dict[str, str]) -> None:
    auth.post(f"/otp?redirect_to={HOME}", {"email": ADA, **challenge})


def ask_invite(auth: AuthService, challenge: dict[str, str]) -> None:
    answer = auth.post(
        f"/invite?redirect_to={HOME}", {"email": ADA, **challenge}, bearer=auth.service_role
    )
    assert answer.status_code == 200, answer.json


Ask = Callable[[AuthService, dict[str, str]], None]
FLOWS: dict[str, tuple[Ask, str]] = {
    "signup": (ask_signup, "signup"),
    "recovery": (ask_recovery, "recovery"),
    "magiclink": (ask_magiclink, "magiclink"),
    "otp of a stranger": (ask_otp_of_stranger, "signup"),
    "invite": (ask_invite, "invite"),
}
PKCE_FLOWS = {name: flow for name, flow in FLOWS.items() if name != "invite"}


def mail_after(auth: AuthService, ask: Ask, challenge: dict[str, str] | None = None) -> ReadMail:
    ask(auth, challenge or {})
    assert len(auth.outbox.mails) == 1
    return ReadMail.of(auth.outbox.latest)


def assert_session_of(auth: AuthService, tokens: Any, email: str, method: str = "otp") -> None:
    claims = claims_of(tokens["access_token"])
    assert claims["email"] == email
    assert [entry["method"] for entry in claims["amr"]] == [method]
    answer = auth.get("/user", bearer=tokens["access_token"])
    assert answer.status_code == 200
    assert answer.json["email_confirmed_at"]
    assert auth.refresh(tokens["refresh_token"]).status_code == 200
