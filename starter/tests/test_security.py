"""The security page: authenticators come and go, and recovery codes are shown once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from authenticator import add_authenticator, codes_on, key_on
from visitor import Visitor

from hipflask.testing import SupabaseBackend

ADA = "ada@example.com"
PASSWORD = "correct horse battery"


def test_says_what_it_is_for(member: Visitor) -> None:
    page = member.open("/account/security")
    assert "With an authenticator app nobody signs in with your password alone." in page.text
    assert page.form("Add an authenticator app")


def test_nobody_sees_it_signed_out(visitor: Visitor) -> None:
    assert visitor.open("/account/security").path == "/login?next=%2Faccount%2Fsecurity"


def test_a_wrong_first_code_keeps_the_key(member: Visitor, backend: SupabaseBackend) -> None:
    member.open("/account/security")
    page = member.press("Add an authenticator app")
    if "switched off" in page.text:
        pytest.skip("Supabase Auth here has no authenticator apps")
    key = key_on(page)
    page = member.press("Switch on", code="000000")
    assert page.status == 422
    assert "wrong or too old" in page.text
    assert key_on(page) == key
    assert "data:image/svg+xml;base64," in page.html


def test_adding_shows_codes_and_ends_other_sessions(
    member: Visitor, new_visitor: Callable[..., Visitor], backend: SupabaseBackend
) -> None:
    other = new_visitor()
    other.sign_in(ADA, PASSWORD)
    _, codes = add_authenticator(member, backend)
    assert len(set(codes)) == 10
    assert all(len(code) == 19 for code in codes)
    page = member.open("/account/security")
    assert "You have 10 unused codes" in page.text
    assert not any(code in page.html for code in codes)
    assert other.open("/dashboard").path.startswith("/login?next=")


def test_new_codes_replace_the_old_ones(
    member: Visitor, new_visitor: Callable[..., Visitor], backend: SupabaseBackend
) -> None:
    _, old = add_authenticator(member, backend)
    member.open("/account/security")
    fresh = codes_on(member.press("Make new codes"))
    assert not set(old) & set(fresh)
    other = new_visitor()
    other.sign_in(ADA, PASSWORD)
    other.open("/login/recovery-code")
    assert "wrong or was used" in other.press("Sign in", code=old[0]).text
    assert "lost authenticator is removed" in other.press("Sign in", code=fresh[0]).text


def test_removing_asks_first(
    member: Visitor, new_visitor: Callable[..., Visitor], backend: SupabaseBackend
) -> None:
    add_authenticator(member, backend)
    member.open("/account/security")
    page = member.follow("Remove: Authenticator app Remove")
    assert "Remove this authenticator?" in page.text
    page = member.press("Remove authenticator")
    assert "The authenticator is removed." in page.text
    assert new_visitor().sign_in(ADA, PASSWORD).path == "/dashboard"


def test_removing_asks_for_the_code_after_a_while(
    member: Visitor, backend: SupabaseBackend
) -> None:
    phone, _ = add_authenticator(member, backend)
    backend.clock.advance(minutes=11)
    member.open("/account/security")
    member.follow("Remove: Authenticator app Remove")
    page = member.press("Remove authenticator")
    assert "Confirm that it is you" in page.text
    page = member.press("Confirm and go on", step_up_code=phone.code())
    assert "The authenticator is removed." in page.text


def test_a_new_password_by_mail_needs_the_factor_too(
    member: Visitor, new_visitor: Callable[..., Visitor], backend: SupabaseBackend
) -> None:
    phone, _ = add_authenticator(member, backend)
    other = new_visitor()
    other.open("/users/forgot-password")
    other.press("Send the mail", email=ADA)
    other.open(backend.mailbox.latest(to=ADA).link)
    other.press("Choose a new password")
    page = other.press("Save the new password", password="battery staple 22")
    assert "Enter the code of your authenticator app as well." in page.text
    page = other.press("Save the new password", password="battery staple 22", code=phone.code())
    assert "Password changed." in page.text


def test_authenticators_of_another_person_are_not_there(
    member: Visitor, stranger: Visitor, backend: SupabaseBackend
) -> None:
    add_authenticator(member, backend)
    page = member.open("/account/security")
    link = next(href for name, href in page.links.items() if name.startswith("Remove:"))
    assert stranger.open(link).status == 404
