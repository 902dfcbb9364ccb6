"""Signing in."""

from __future__ import annotations

import pytest
from visitor import Visitor

from hipflask.testing import SupabaseBackend, TestMailbox

ADA = "ada@example.com"
PASSWORD = "correct horse battery"


def test_leads_to_the_dashboard(visitor: Visitor, backend: SupabaseBackend) -> None:
    backend.create_user(ADA, password=PASSWORD)
    page = visitor.sign_in(ADA, PASSWORD)
    assert page.path == "/dashboard"
    assert ADA in page.text


def test_leads_back_to_what_was_asked_for(visitor: Visitor, backend: SupabaseBackend) -> None:
    backend.create_user(ADA, password=PASSWORD)
    visitor.open("/dashboard?q=milk")
    page = visitor.press("Sign in", email=ADA, password=PASSWORD)
    assert page.path == "/dashboard?q=milk"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_never_leads_elsewhere(visitor: Visitor, backend: SupabaseBackend, target: str) -> None:
    backend.create_user(ADA, password=PASSWORD)
    visitor.open(f"/login?next={target}")
    page = visitor.press("Sign in", email=ADA, password=PASSWORD)
    assert page.path == "/dashboard"


@pytest.mark.parametrize("email", [ADA, "nobody@example.com"])
def test_does_not_say_which_is_wrong(
    visitor: Visitor, backend: SupabaseBackend, email: str
) -> None:
    backend.create_user(ADA, password=PASSWORD)
    page = visitor.sign_in(email, "not the password")
    assert page.status == 422
    assert "E-mail or password is wrong." in page.text
    assert page.form("Sign in").fields["email"] == email


def test_an_unconfirmed_address_gets_a_new_mail(
    visitor: Visitor, backend: SupabaseBackend, mailbox: TestMailbox
) -> None:
    visitor.open("/signup")
    visitor.press("Create account", email=ADA, password=PASSWORD)
    backend.clock.advance(minutes=2)
    page = visitor.sign_in(ADA, PASSWORD)
    assert "Confirm your e-mail first." in page.text
    page = visitor.press("Send a new confirmation mail")
    assert "Check your mail" in page.text
    assert len(mailbox.messages(to=ADA)) == 2


def test_empty_fields_are_named(visitor: Visitor) -> None:
    page = visitor.sign_in("", "")
    assert page.status == 422
    assert "Enter your e-mail address." in page.text
    assert "Enter your password." in page.text


def test_asks_for_no_script(visitor: Visitor) -> None:
    page = visitor.open("/login")
    assert page.form("Sign in").method == "post"
    assert 'autocomplete="username"' in page.html
    assert 'autocomplete="current-password"' in page.html


def test_a_form_of_another_session_is_offered_again(
    visitor: Visitor, backend: SupabaseBackend
) -> None:
    backend.create_user(ADA, password=PASSWORD)
    visitor.open("/login")
    page = visitor.press("Sign in", email=ADA, password=PASSWORD, csrf_token="forged")
    assert page.status in (400, 403)
    assert visitor.open("/dashboard").path.startswith("/login")


def test_guessing_is_slowed_and_says_for_how_long(
    visitor: Visitor, backend: SupabaseBackend
) -> None:
    backend.create_user(ADA, password=PASSWORD)
    backend.clock.freeze()
    for _ in range(5):
        assert "E-mail or password is wrong." in visitor.sign_in(ADA, "not the password").text
    page = visitor.sign_in(ADA, PASSWORD)
    assert page.status == 429
    assert "Too many attempts. Try again in 30 seconds." in page.text
    assert page.response.headers["Retry-After"] == "30"
    assert page.form("Sign in").fields["email"] == ADA
    backend.clock.advance(seconds=30)
    assert visitor.sign_in(ADA, PASSWORD).path == "/dashboard"
