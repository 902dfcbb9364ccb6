"""A mail as its reader sees it."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from hipflask.local.mailbox import Envelope, Mailbox, StoredMessage
from tests.local.mailbox.mails import LINK, deliver, mail


def stored(raw: bytes) -> StoredMessage:
    return Mailbox().deliver(raw, Envelope("a@example.com", ("b@example.com",)))


def test_has_its_parts() -> None:
    message = deliver(Mailbox())
    assert message.sender.name == "Shop"
    assert message.sender.address == "hello@shop.example"
    assert [person.address for person in message.to] == ["ada@example.com"]
    assert "Hello Ada" in message.text
    assert "<h1>Confirm</h1>" in message.html
    assert message.snippet.startswith("Hello Ada, open")


def test_link_comes_once_with_its_words() -> None:
    (link,) = deliver(Mailbox()).links
    assert (link.url, link.words) == (LINK, "Confirm your e-mail")


def test_code_is_no_part_of_a_link() -> None:
    assert deliver(Mailbox()).code == "482913"
    only_link = mail(text="http://x.example/?token=123456", html="")
    assert deliver(Mailbox(), only_link).code == ""


def test_text_is_made_from_html_when_there_is_none() -> None:
    message = EmailMessage()
    message.set_content("<p>One</p><p>Two <b>482913</b></p><style>x</style>", subtype="html")
    assert stored(bytes(message)).text == "One\nTwo 482913"


def test_hidden_recipients_are_bcc() -> None:
    message = Mailbox().deliver(
        bytes(mail()), Envelope("a@example.com", ("ada@example.com", "hidden@example.com"))
    )
    assert [person.address for person in message.bcc] == ["hidden@example.com"]


def test_attachments_are_found() -> None:
    message = mail()
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="a.png")
    (attachment,) = deliver(Mailbox(), message).attachments
    assert (attachment.file_name, attachment.content_type) == ("a.png", "image/png")
    assert attachment.content == b"\x89PNG"
    assert not attachment.inline


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no header at all",
        b"Subject: =?utf-8?b?broken\r\nDate: yesterday\r\nTo: <<>>\r\n\r\nbody",
        b"Content-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n",
        b"From: \xff\xff\r\nSubject: \xff\r\n\r\n\xff",
    ],
)
def test_broken_mail_can_be_looked_at(raw: bytes) -> None:
    message = stored(raw)
    assert isinstance(message.subject, str)
    assert isinstance(message.text, str)
    assert message.date.tzinfo is not None
    assert message.sender.address is not None
    assert isinstance(message.search_text, str)
    assert message.links == ()
