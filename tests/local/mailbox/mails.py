"""Mails for the mailbox's tests."""

from __future__ import annotations

from email.message import EmailMessage

from hipflask.local.mailbox import Envelope, Mailbox, StoredMessage

LINK = "http://127.0.0.1:8080/auth/confirm?token_hash=abc123456789&type=signup"
HTML = f"""<html><head><title>unseen</title><style>p {{ color: red }}</style></head><body>
<h1>Confirm</h1><p>Hello Ada,</p><p><a href="{LINK.replace("&", "&amp;")}">Confirm your
 e-mail</a></p><p>or type <b>482913</b></p><script>alert(1)</script></body></html>"""
TEXT = f"Hello Ada,\n\nopen {LINK}.\nor type 482913\n"


def mail(
    to: str = "ada@example.com",
    subject: str = "Confirm your e-mail",
    *,
    text: str = TEXT,
    html: str = HTML,
    sender: str = "Shop <hello@shop.example>",
) -> EmailMessage:
    """Return a mail with a text and an HTML part."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = "Sun, 22 Nov 2026 10:00:00 +0000"
    message["Message-ID"] = f"<{abs(hash((to, subject)))}@shop.example>"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message


def deliver(mailbox: Mailbox, message: EmailMessage | None = None) -> StoredMessage:
    """Put a mail into a mailbox as SMTP would."""
    message = message or mail()
    return mailbox.deliver(bytes(message), Envelope("bounce@shop.example", (str(message["To"]),)))
