"""Mails that the app sends itself, through a real SMTP conversation."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from hipflask.kit.mail import Mail
from hipflask.kit.settings import Settings, SmtpSettings
from hipflask.local.mailbox import Mailbox, SmtpServer

TO = "ada@example.com"


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    """An empty mailbox."""
    return Mailbox(tmp_path / "mail")


@pytest.fixture
def server(mailbox: Mailbox) -> Iterator[SmtpServer]:
    """A server that keeps every mail in the mailbox."""
    server = SmtpServer(mailbox)
    server.start()
    yield server
    server.stop()


def mail(port: int | None, **changes: str) -> Mail:
    smtp = SmtpSettings("127.0.0.1", port) if port else None
    return Mail(
        Settings(
            supabase_url="http://127.0.0.1:54321",
            publishable_key="sb_publishable_x",
            database_url="postgresql://127.0.0.1/x",
            secret_key="x" * 40,
            site_url="https://www.example.com",
            smtp=smtp,
            **changes,  # type: ignore[arg-type]
        )
    )


def test_it_arrives_as_it_was_written(server: SmtpServer, mailbox: Mailbox, tmp_path: Path) -> None:
    assert mail(server.port, mail_from="Hipflask <post@example.com>").send(
        TO, "你的账号", "第一行\nhttps://www.example.com/?token=" + "x" * 300
    )
    [stored] = [path for path in (tmp_path / "mail").rglob("*") if path.suffix == ".eml"]
    message = message_from_bytes(stored.read_bytes(), policy=policy.default)
    assert message["To"] == TO
    assert message["Subject"] == "你的账号"
    assert message["From"] == "Hipflask <post@example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content().splitlines() == [
        "第一行",
        "https://www.example.com/?token=" + "x" * 300,
    ]


def test_a_line_break_smuggles_no_header_in(server: SmtpServer) -> None:
    with pytest.raises(ValueError, match="linefeed"):
        mail(server.port).send(TO, "Hello\nBcc: eve@example.com", "text")


def test_without_a_server_it_says_so(caplog: pytest.LogCaptureFixture) -> None:
    assert mail(None).send(TO, "Hello", "text") is False
    assert "SMTP_HOST is not set" in caplog.text


def test_a_server_that_is_away_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert mail(port).send(TO, "Hello", "text") is False
    assert "a mail was not sent" in caplog.text
