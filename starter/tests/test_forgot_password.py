"""Asking for the mail that leads to a new password."""

from __future__ import annotations

from visitor import Visitor

from hipflask.testing import SupabaseBackend, TestMailbox

ADA = "ada@example.com"


def ask(visitor: Visitor, email: str) -> None:
    visitor.open("/users/forgot-password")
    visitor.press("Send the mail", email=email)


def test_sends_a_mail_with_link_and_code(
    visitor: Visitor, backend: SupabaseBackend, mailbox: TestMailbox
) -> None:
    backend.create_user(ADA)
    ask(visitor, ADA)
    mail = mailbox.latest(to=ADA)
    assert mail.subject == "Reset your password"
    assert mail.link.startswith(f"{backend.config.auth.site_url}/users/reset-password?token_hash=")
    assert len(mail.code) == 6


def test_an_unknown_address_gets_the_same_answer(
    visitor: Visitor, backend: SupabaseBackend, mailbox: TestMailbox
) -> None:
    backend.create_user(ADA)
    ask(visitor, ADA)
    assert visitor.page is not None
    known = visitor.page.text
    ask(visitor, "nobody@example.com")
    assert visitor.page.text.replace("nobody@example.com", ADA) == known
    assert mailbox.messages(to="nobody@example.com") == []


def test_says_what_does_not_fit(visitor: Visitor) -> None:
    ask(visitor, "ada")
    assert visitor.page is not None
    assert visitor.page.status == 422
    assert "Enter an address like ada@example.com." in visitor.page.text


def test_mails_to_anybody_are_limited(visitor: Visitor, backend: SupabaseBackend) -> None:
    backend.clock.freeze()
    for n in range(20):
        visitor.open("/users/forgot-password")
        page = visitor.press("Send the mail", email=f"n{n}@example.com")
        assert page.status == 200
    visitor.open("/login/email")
    page = visitor.press("Send the mail", email="one.more@example.com")
    assert page.status == 429
    assert "Try again in 30 seconds." in page.text
    assert page.response.headers["RateLimit"] == '"mails";r=0;t=30'
