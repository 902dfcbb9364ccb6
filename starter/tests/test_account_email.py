"""Changing the e-mail address, confirmed from both sides."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import PASSWORD
from visitor import Visitor

from hipflask.testing import SupabaseBackend

OLD, NEW = "ada@example.com", "ada.lovelace@example.org"


def ask(member: Visitor) -> None:
    member.open("/account/email")
    page = member.press("Change e-mail", email=NEW)
    assert "Two mails are on their way." in page.text


def confirm(visitor: Visitor, backend: SupabaseBackend, to: str) -> str:
    visitor.open(backend.mailbox.latest(to=to).link)
    return visitor.press("Confirm the change").text


@pytest.mark.parametrize("order", [(OLD, NEW), (NEW, OLD)])
def test_both_sides_confirm(
    member: Visitor,
    backend: SupabaseBackend,
    new_visitor: Callable[..., Visitor],
    order: tuple[str, str],
) -> None:
    ask(member)
    page = member.open("/account/email")
    assert f"The change to {NEW} waits for its confirmations." in page.text
    assert "One more confirmation" in confirm(member, backend, order[0])
    assert new_visitor().sign_in(OLD, PASSWORD).path == "/dashboard"
    confirm(member, backend, order[1])
    page = member.open("/account/email")
    assert f"You sign in with {NEW} ." in page.text
    assert "waits" not in page.text
    assert new_visitor().sign_in(NEW, PASSWORD).path == "/dashboard"
    assert new_visitor().sign_in(OLD, PASSWORD).status == 422
    assert backend.mailbox.latest(to=OLD).subject == "Your e-mail address was changed"


def test_the_mails_are_sent_again(member: Visitor, backend: SupabaseBackend) -> None:
    ask(member)
    first = backend.mailbox.latest(to=NEW).link
    backend.clock.advance(seconds=5)
    member.open("/account/email")
    page = member.press("Send both mails again")
    assert "Both mails were sent again." in page.text
    assert backend.mailbox.latest(to=NEW).link != first


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("", "Enter your e-mail address."),
        ("nobody", "Enter an address like"),
        ("ADA@example.com", "This is your address already."),
        ("eve@example.com", "This address belongs to another account."),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    member: Visitor, stranger: Visitor, email: str, words: str
) -> None:
    member.open("/account/email")
    page = member.press("Change e-mail", email=email)
    assert page.status == 422
    assert 'id="email-error"' in page.html
    assert words in page.text
    assert page.form("Change e-mail").fields["email"] == email
    assert "waits" not in page.text


def test_nothing_is_sent_again_when_nothing_waits(member: Visitor) -> None:
    ask(member)
    fields = member.open("/account/email").form("Send both mails again").fields
    assert fields.keys() == {"csrf_token"}
    assert member.client.post("/account/email/resend", data={}).status_code in (400, 403)
