"""Invitations: an account that waits for its owner to choose a password."""

from __future__ import annotations

import pytest
from app.extensions import hip
from flask import Flask
from visitor import Visitor

from hipflask import errors
from hipflask.testing import SupabaseBackend

BOB = "bob@example.com"


def invite(app: Flask, email: str, language: str = "en") -> None:
    with app.test_request_context():
        hip.auth.invite(email, language=language)


def test_an_invited_person_chooses_name_and_password(
    app: Flask, visitor: Visitor, backend: SupabaseBackend
) -> None:
    invite(app, BOB)
    mail = backend.mailbox.latest(to=BOB)
    assert mail.subject == "You are invited"
    page = visitor.open(mail.link)
    assert "Accept the invitation" in page.text
    page = visitor.press("Accept the invitation")
    assert "Welcome" in page.text
    page = visitor.press("Create account", name="Bob", password="short")
    assert page.status == 422
    assert page.form("Create account").fields["name"] == "Bob"
    page = visitor.press("Create account", name="Bob", password="correct horse 22")
    assert "Welcome. You are signed in." in page.text
    assert page.path.startswith("/dashboard")
    assert "Bob" in visitor.open("/account").html


def test_an_administrator_invites_by_command(app: Flask, backend: SupabaseBackend) -> None:
    outcome = app.test_cli_runner().invoke(args=["invite", BOB, "--language", "zh-Hans"])
    assert outcome.output == f"{BOB} is invited. The link in the mail works once.\n"
    assert backend.mailbox.latest(to=BOB).subject == "你收到一份邀请"
    backend.create_user("ada@example.com")
    outcome = app.test_cli_runner().invoke(args=["invite", "ada@example.com"])
    assert (outcome.exit_code, outcome.output) == (
        1,
        "Error: ada@example.com has an account already.\n",
    )
    outcome = app.test_cli_runner().invoke(args=["invite", "no address"])
    assert outcome.exit_code == 1
    assert "Traceback" not in outcome.output


def test_a_recovery_does_not_pass_for_an_invitation(
    visitor: Visitor, backend: SupabaseBackend
) -> None:
    backend.create_user(BOB, password="correct horse 11")
    visitor.open("/users/forgot-password")
    visitor.press("Send the mail", email=BOB)
    visitor.open(backend.mailbox.latest(to=BOB).link)
    page = visitor.press("Choose a new password")
    form = page.form("Save the new password")
    form.fields["invited"] = "yes"
    page = visitor.press("Save the new password", password="correct horse 22")
    assert page.status == 410
    assert visitor.sign_in(BOB, "correct horse 11").path == "/dashboard"


def test_the_invitation_speaks_the_language_that_was_asked_for(
    app: Flask, backend: SupabaseBackend
) -> None:
    invite(app, BOB, "zh-Hans")
    assert backend.mailbox.latest(to=BOB).subject == "你收到一份邀请"


def test_an_invitation_works_once(app: Flask, visitor: Visitor, backend: SupabaseBackend) -> None:
    invite(app, BOB)
    link = backend.mailbox.latest(to=BOB).link
    visitor.open(link)
    visitor.press("Accept the invitation")
    visitor.open(link)
    assert visitor.press("Accept the invitation").status == 410


def test_nobody_is_invited_twice_once_they_are_there(app: Flask, backend: SupabaseBackend) -> None:
    backend.create_user(BOB)
    with pytest.raises(errors.EmailTaken):
        invite(app, BOB)
