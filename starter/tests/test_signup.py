"""Signing up."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from visitor import Visitor

from hipflask.testing import SupabaseBackend, TestMailbox

ADA = "ada@example.com"
PASSWORD = "correct horse battery"


def sign_up(visitor: Visitor, email: str = ADA, password: str = PASSWORD) -> None:
    visitor.open("/signup")
    visitor.press("Create account", email=email, password=password)


def test_mail_link_and_button_make_an_account(visitor: Visitor, mailbox: TestMailbox) -> None:
    sign_up(visitor)
    assert visitor.page is not None
    assert "Check your mail" in visitor.page.text
    assert ADA in visitor.page.text
    assert ADA not in visitor.page.path  # addresses belong in no log
    visitor.open(mailbox.latest(to=ADA).link)
    page = visitor.press("Confirm e-mail")
    assert page.path.startswith("/dashboard")
    assert "You are signed in" in page.text


def test_code_does_the_same(visitor: Visitor, mailbox: TestMailbox) -> None:
    sign_up(visitor)
    code = mailbox.latest(to=ADA).code
    page = visitor.press("Continue with the code", code=f"{code[:3]} {code[3:]}")
    assert page.path.startswith("/dashboard")


def test_wrong_code_keeps_the_page(visitor: Visitor) -> None:
    sign_up(visitor)
    page = visitor.press("Continue with the code", code="000000")
    assert page.status == 422
    assert "This code is wrong or no longer valid" in page.text
    assert page.form("Continue with the code").fields["email"] == ADA


def test_a_known_address_gets_the_same_answer(
    visitor: Visitor, backend: SupabaseBackend, mailbox: TestMailbox
) -> None:
    sign_up(visitor, "new@example.com")
    assert visitor.page is not None
    unknown = visitor.page
    backend.create_user(ADA)
    sign_up(visitor)
    assert visitor.page.status == unknown.status
    assert visitor.page.text.replace(ADA, "new@example.com") == unknown.text
    assert mailbox.messages(to=ADA) == []


def test_resends_the_mail(visitor: Visitor, backend: SupabaseBackend) -> None:
    sign_up(visitor)
    backend.clock.advance(minutes=2)
    page = visitor.press("Send the mail again")
    assert "Another mail is on its way." in page.text
    assert len(backend.mailbox.messages(to=ADA)) == 2


@pytest.mark.parametrize(
    ("email", "password", "problem"),
    [
        ("", PASSWORD, "Enter your e-mail address."),
        ("ada", PASSWORD, "Enter an address like ada@example.com."),
        ("ada@example", PASSWORD, "Enter an address like ada@example.com."),
        ("a\0b@example.com", PASSWORD, "Enter an address like ada@example.com."),
        (f"{'a' * 250}@example.com", PASSWORD, "Enter an address like ada@example.com."),
        (ADA, "", "Enter a password."),
        (ADA, "nul\0nul\0nul", "Leave out control characters"),
        (ADA, "seven77", "Use 8 characters or more."),
        (ADA, "密" * 30, "This password is too long."),
        (ADA, ADA.upper(), "Use something other than your e-mail address."),
    ],
)
def test_says_what_does_not_fit(visitor: Visitor, email: str, password: str, problem: str) -> None:
    visitor.open("/signup")
    page = visitor.press("Create account", email=email, password=password)
    assert page.status == 422
    assert page.title.startswith("Problem:")
    assert problem in page.text
    assert page.form("Create account").fields["email"] == email  # nothing typed is lost
    assert not password or password not in page.html  # and no password comes back


def test_speaks_chinese_in_the_mail_too(
    new_visitor: Callable[..., Visitor], mailbox: TestMailbox
) -> None:
    visitor = new_visitor(language="zh-Hans")
    visitor.open("/signup")
    page = visitor.press("创建账号", email=ADA, password=PASSWORD)
    assert "请查收邮件" in page.text
    mail = mailbox.latest(to=ADA)
    assert mail.subject == "验证邮箱"
    assert "还差一步" in mail.text


def test_a_member_has_no_use_for_it(member: Visitor) -> None:
    assert member.open("/signup").path == "/dashboard"
