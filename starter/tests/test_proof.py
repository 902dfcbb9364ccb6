"""People without a password can do everything in the account centre, by a mailed code."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from authenticator import Authenticator, key_on
from conftest import PASSWORD
from flask import Flask
from visitor import Page, Visitor

from hipflask import errors
from hipflask.testing import SupabaseBackend

ADA = "ada@example.com"
STALE = 11


@pytest.fixture
def without_password(visitor: Visitor, backend: SupabaseBackend) -> Visitor:
    """Ada, who signs in by mail alone; her sign-in is some minutes old."""
    backend.create_user(ADA)
    with psycopg.connect(backend.database_url) as connection:
        connection.execute("update auth.users set encrypted_password = null")
    visitor.open("/login/email")
    visitor.press("Send the mail", email=ADA)
    visitor.press("Continue with the code", code=backend.mailbox.latest(to=ADA).code)
    backend.clock.advance(minutes=STALE)
    return visitor


def prove(visitor: Visitor, backend: SupabaseBackend, *, form: bool = True) -> Page:
    """Have the code mailed and give it; ``form`` says that a form waits for it."""
    page = visitor.press("Send the code")
    assert page.status == (403 if form else 200)
    code = backend.mailbox.latest(to=ADA).code
    if form:
        return visitor.press("Confirm and go on", step_up_code=code)
    return visitor.press("Confirm", code=code)


def test_e_mail(without_password: Visitor, backend: SupabaseBackend) -> None:
    without_password.open("/account/email")
    page = without_password.press("Change e-mail", email="new@example.org")
    assert page.status == 403
    assert "Two mails are on their way." in prove(without_password, backend).text


def test_first_password(without_password: Visitor, backend: SupabaseBackend) -> None:
    without_password.open("/account/password")
    prove(without_password, backend, form=False)
    page = without_password.press("Set password", password=PASSWORD)
    assert "Your password was changed." in page.text


def test_download(without_password: Visitor, backend: SupabaseBackend) -> None:
    without_password.open("/account/data")
    page = prove(without_password, backend, form=False)
    fields = page.form("Download your data").fields
    answer = without_password.client.post("/account/data", data=fields)
    assert answer.mimetype == "application/zip"
    assert answer.data[:2] == b"PK"


def test_deletion(without_password: Visitor, backend: SupabaseBackend) -> None:
    without_password.open("/account/delete")
    without_password.press("Delete my account", confirmation=ADA)
    assert "is deleted on" in prove(without_password, backend).text


def test_linked_accounts(without_password: Visitor, backend: SupabaseBackend) -> None:
    page = without_password.open("/account/identities")
    [form] = [form for form in page.forms if any("Link" in name for name in form.buttons)]
    button = next(name for name in form.buttons if "Google" in name)
    form.action = "/account/identities/link/google"
    assert without_password.press(button).status == 403
    assert "On the way to Google" in prove(without_password, backend).text


def test_authenticator(without_password: Visitor, backend: SupabaseBackend) -> None:
    without_password.open("/account/security")
    without_password.press("Add an authenticator app")
    page = prove(without_password, backend)
    phone = Authenticator(backend, key_on(page))
    page = without_password.press("Switch on", code=phone.code())
    assert "Keep your recovery codes" in page.text
    backend.clock.advance(minutes=STALE)
    without_password.open("/account/security")
    page = without_password.press("Make new codes")
    page = without_password.press("Confirm and go on", step_up_code=phone.code())
    assert "Keep your recovery codes" in page.text


def test_passkeys(without_password: Visitor, backend: SupabaseBackend) -> None:
    without_password.open("/account/security/passkeys/new")
    page = prove(without_password, backend, form=False)
    assert page.path == "/account/security/passkeys/new"


def test_the_session_goes_on_as_one(without_password: Visitor, backend: SupabaseBackend) -> None:
    without_password.open("/account/data")
    before = without_password.client.get_cookie("__session")
    prove(without_password, backend, form=False)
    after = without_password.client.get_cookie("__session")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    with psycopg.connect(backend.database_url) as connection:
        assert connection.execute("select count(*) from auth.sessions").fetchone() == (1,)


def test_a_wrong_code_says_so_is_noted_and_guessing_is_slowed(
    without_password: Visitor, backend: SupabaseBackend
) -> None:
    without_password.open("/account/delete")
    without_password.press("Delete my account", confirmation=ADA)
    without_password.press("Send the code")
    right = backend.mailbox.latest(to=ADA).code
    wrong = "111111" if right != "111111" else "222222"
    for _ in range(5):
        page = without_password.press("Confirm and go on", step_up_code=wrong)
        assert page.status == 422
        assert "This code is wrong or no longer valid" in page.text
    page = without_password.press("Confirm and go on", step_up_code=right)
    assert "Too many attempts. Try again in 15 minutes." in page.text
    assert (
        "A wrong code was entered on these pages" in without_password.open("/account/activity").text
    )


@pytest.mark.parametrize("code", ["", "abc", "１２３４５６", "12 34", "1" * 9999])
def test_what_is_no_code_is_refused(
    without_password: Visitor, backend: SupabaseBackend, code: str
) -> None:
    without_password.open("/login/confirm")
    without_password.press("Send the code")
    assert without_password.press("Confirm", code=code).status == 422


def test_a_code_that_resets_the_password_proves_nothing(
    without_password: Visitor, new_visitor: Callable[..., Visitor], backend: SupabaseBackend
) -> None:
    """Recovery may only reset the password, whoever has asked for it meanwhile."""
    without_password.open("/login/confirm")
    without_password.press("Send the code")
    backend.clock.advance(seconds=5)
    other = new_visitor()
    other.open("/users/forgot-password")
    other.press("Send the mail", email=ADA)
    page = without_password.press("Confirm", code=backend.mailbox.latest(to=ADA).code)
    assert page.status == 422


def test_a_forgotten_password_is_no_end(member: Visitor, backend: SupabaseBackend) -> None:
    backend.clock.advance(minutes=STALE)
    member.open("/account/delete")
    member.press("Delete my account", confirmation=ADA)
    page = member.press("No password at hand? Get a code by mail")
    assert f"It is in the mail to {ADA}." in page.text
    code = backend.mailbox.latest(to=ADA).code
    page = member.press("Confirm and go on", step_up_code=code)
    assert "is deleted on" in page.text


def test_the_link_of_the_mail_does_as_well(
    without_password: Visitor, backend: SupabaseBackend
) -> None:
    without_password.open("/account/email")
    without_password.press("Change e-mail", email="new@example.org")
    without_password.press("Send the code")
    without_password.open(backend.mailbox.latest(to=ADA).links[0])
    without_password.press("Sign in")
    without_password.open("/account/email")
    page = without_password.press("Change e-mail", email="new@example.org")
    assert "Two mails are on their way." in page.text


@pytest.mark.parametrize(
    ("refusal", "words", "status"),
    [
        (errors.AuthUnavailable("away", reason="unreachable"), "not possible right now", 503),
        (errors.TooManyAttempts("slow", retry_after=40), "Try again in 40 seconds.", 429),
        (errors.SignUpClosed("off", code="otp_disabled"), "No code can be mailed", 422),
    ],
)
def test_a_mail_that_is_not_sent_is_said(
    without_password: Visitor,
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    refusal: errors.AuthError,
    words: str,
    status: int,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise refusal

    monkeypatch.setattr(app.extensions["hipflask"].client, "send_magic_link", refuse)
    without_password.open("/login/confirm")
    page = without_password.press("Send the code")
    assert page.status == status
    assert words in page.text
    without_password.open("/account/delete")
    without_password.press("Delete my account", confirmation=ADA)
    page = without_password.press("Send the code")
    assert page.status == 422
    assert words in page.text
