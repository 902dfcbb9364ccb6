"""SMTP in."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator

import pytest

from hipflask.local.mailbox import Mailbox, SmtpServer
from tests.local.mailbox.mails import mail


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def server(mailbox: Mailbox) -> Iterator[SmtpServer]:
    server = SmtpServer(mailbox)
    server.start()
    yield server
    server.stop()


def test_keeps_what_comes_in(server: SmtpServer, mailbox: Mailbox) -> None:
    with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as client:
        client.send_message(mail(), "bounce@example.com", ["ada@example.com", "b@example.com"])
    (message,) = mailbox.messages()
    assert message.subject == "Confirm your e-mail"
    assert message.envelope.recipients == ("ada@example.com", "b@example.com")


def test_accepts_any_login(server: SmtpServer, mailbox: Mailbox) -> None:
    with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as client:
        client.login("anybody", "anything")
        client.send_message(mail())
    assert len(mailbox) == 1


def test_mail_right_after_the_start_is_not_lost(mailbox: Mailbox) -> None:
    server = SmtpServer(mailbox)
    server.start()
    with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as client:
        client.send_message(mail())
    server.stop()
    assert len(mailbox) == 1


def test_stop_closes_the_port(mailbox: Mailbox) -> None:
    server = SmtpServer(mailbox)
    server.start()
    with smtplib.SMTP("127.0.0.1", server.port, timeout=10):
        pass
    server.stop()
    with pytest.raises(OSError):
        smtplib.SMTP("127.0.0.1", server.port, timeout=1)


def test_stop_right_after_the_start_is_quiet(mailbox: Mailbox) -> None:
    for _ in range(5):
        server = SmtpServer(mailbox)
        server.start()
        server.stop()  # a thread that dies of it fails the test: pytest tells of such threads
