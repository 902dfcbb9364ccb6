"""A mail as a value, and as the message that goes over the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one address. The bodies hold one-time codes, so ``repr`` leaves them out."""

    to: str
    sender: str
    sender_name: str
    subject: str = field(repr=False)
    html: str = field(repr=False)
    text: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


class Mailer(Protocol):
    """Takes mails to where they go: the mailbox of this machine, or an SMTP server."""

    def send(self, mail: Mail) -> None:
        """Deliver the mail, or raise StackError or OSError (which smtplib's errors are)."""


def as_message(mail: Mail, *, message_id: str, date: datetime) -> EmailMessage:
    """Return the MIME message (RFC 5322, RFC 2046): text first, HTML as the better alternative.

    ``message_id`` is without angle brackets.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(mail.sender_name, addr_spec=mail.sender)
    message["To"] = (
        mail.to
    )  # as given: Address() refuses what <input type=email> takes, like a..b@c
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(date)
    message["Message-ID"] = f"<{message_id}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return message
