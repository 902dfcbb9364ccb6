"""Signing in by a mail: its link or its six digits."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from visitor import Visitor

from hipflask.testing import SupabaseBackend

ADA = "ada@example.com"
PASSWORD = "correct horse battery"


def ask(visitor: Visitor, email: str = ADA) -> str:
    visitor.open("/login")
    visitor.follow("Sign in by e-mail")
    return visitor.press("Send the mail", email=email).text


def test_code(visitor: Visitor, backend: SupabaseBackend) -> None:
    backend.create_user(ADA, password=PASSWORD)
    ask(visitor)
    page = visitor.press("Continue with the code", code=backend.mailbox.latest(to=ADA).code)
    assert page.path.startswith("/dashboard")


def test_link(visitor: Visitor, backend: SupabaseBackend) -> None:
    backend.create_user(ADA, password=PASSWORD)
    ask(visitor)
    visitor.open(backend.mailbox.latest(to=ADA).links[0])
    page = visitor.press("Sign in")
    assert page.path.startswith("/dashboard")


def test_wrong_code(visitor: Visitor, backend: SupabaseBackend) -> None:
    backend.create_user(ADA, password=PASSWORD)
    ask(visitor)
    right = backend.mailbox.latest(to=ADA).code
    wrong = "111111" if right != "111111" else "222222"
    page = visitor.press("Continue with the code", code=wrong)
    assert page.status == 422
    assert "This code is wrong or no longer valid" in page.text
    assert "Send the mail again" in page.forms[1].buttons or page.forms


def test_nobody_learns_who_has_an_account(visitor: Visitor, backend: SupabaseBackend) -> None:
    backend.create_user(ADA, password=PASSWORD)
    known = ask(visitor).replace(ADA, "")
    unknown = ask(visitor, "nobody@example.com").replace("nobody@example.com", "")
    assert known == unknown


def test_open_sign_up(visitor: Visitor, backend: SupabaseBackend) -> None:
    """Somebody who never confirmed gets the mail of the sign-up; its code works here too."""
    visitor.open("/signup")
    visitor.press("Create account", email=ADA, password=PASSWORD)
    backend.clock.advance(minutes=2)
    ask(visitor)
    page = visitor.press("Continue with the code", code=backend.mailbox.latest(to=ADA).code)
    assert page.path.startswith("/dashboard")


def ask_from(visitor: Visitor, page: str) -> None:
    """Want a page, and ask for the mail on the way to it."""
    visitor.open(page)
    visitor.follow("Sign in by e-mail")
    visitor.press("Send the mail", email=ADA)


def test_the_code_leads_to_where_one_wanted_to_go(
    visitor: Visitor, backend: SupabaseBackend
) -> None:
    backend.create_user(ADA, password=PASSWORD)
    ask_from(visitor, "/files?folder=x")
    assert visitor.press("Continue with the code", code="000000").status == 422
    page = visitor.press("Continue with the code", code=backend.mailbox.latest(to=ADA).code)
    assert page.path.startswith("/files?folder=x")


def test_the_link_does_so_in_another_browser_too(
    visitor: Visitor, new_visitor: Callable[..., Visitor], backend: SupabaseBackend
) -> None:
    backend.create_user(ADA, password=PASSWORD)
    ask_from(visitor, "/account/sessions")
    other = new_visitor()
    other.open(backend.mailbox.latest(to=ADA).links[0])
    assert other.press("Sign in").path.startswith("/account/sessions")


def test_a_mail_that_is_sent_again_still_knows_it(
    visitor: Visitor, backend: SupabaseBackend
) -> None:
    backend.create_user(ADA, password=PASSWORD)
    ask_from(visitor, "/files")
    backend.clock.advance(minutes=2)
    visitor.press("Send the mail again")
    page = visitor.press("Continue with the code", code=backend.mailbox.latest(to=ADA).code)
    assert page.path.startswith("/files")


@pytest.mark.parametrize(
    "foreign", ["https://evil.example/", "//evil.example", "/\\evil.example", "/%2F/evil.example"]
)
def test_it_never_leads_to_another_site(
    visitor: Visitor, backend: SupabaseBackend, foreign: str
) -> None:
    backend.create_user(ADA, password=PASSWORD)
    visitor.open(f"/login/email?{urlencode({'next': foreign})}")
    assert visitor.page is not None
    form = visitor.page.form("Send the mail")
    assert "next" not in form.fields
    form.fields["next"] = foreign
    visitor.press("Send the mail", email=ADA)
    form = visitor.page.form("Continue with the code")
    assert "next" not in form.fields
    form.fields["next"] = foreign
    page = visitor.press("Continue with the code", code=backend.mailbox.latest(to=ADA).code)
    assert page.path.startswith("/dashboard")


def test_malformed_address(visitor: Visitor) -> None:
    assert "Enter an address like" in ask(visitor, "ada")
