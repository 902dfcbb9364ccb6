"""``hip.mail``: the few mails that the app sends itself; all others come from Supabase Auth."""

from __future__ import annotations

import logging
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Final
from urllib.parse import urlsplit

from .environment import is_loopback
from .settings import Settings, SmtpSettings

_logger: Final = logging.getLogger("hipflask.mail")

TIMEOUT: Final = 8.0
"""Seconds for each step of the conversation: somebody waits for the page."""

_TLS_FROM_THE_START: Final = 465  # RFC 8314 section 3.3


class Mail:
    """Sends plain mails through the server that ``SMTP_HOST`` names."""

    def __init__(self, settings: Settings) -> None:
        self._smtp = settings.smtp
        host = urlsplit(settings.site_url).hostname or "localhost"
        self._sender = settings.mail_from or f"no-reply@{host}"

    @property
    def can_send(self) -> bool:
        """Whether there is a server to send through: ``SMTP_HOST`` is set."""
        return self._smtp is not None

    def send(self, to: str, subject: str, text: str) -> bool:
        """Send a mail and say whether the server took it; what went wrong is in the log.

        A header cannot be smuggled in: EmailMessage refuses line breaks (RFC 5322 section 2.2).
        """
        if self._smtp is None:
            _logger.warning("a mail was not sent: SMTP_HOST is not set")
            return False
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, to, subject
        message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="hipflask.invalid")
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer from a holiday robot
        message.set_content(text)
        try:
            with _connected(self._smtp) as server:
                server.send_message(message)
        except OSError as error:  # smtplib's errors are OSErrors too
            _logger.error("a mail was not sent: %s", error)
            return False
        return True


def _connected(smtp: SmtpSettings) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if smtp.port == _TLS_FROM_THE_START:
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            smtp.host, smtp.port, timeout=TIMEOUT, context=context
        )
    else:
        server = smtplib.SMTP(smtp.host, smtp.port, timeout=TIMEOUT)
    try:
        if smtp.port != _TLS_FROM_THE_START and not is_loopback(f"http://{smtp.host}"):
            server.starttls(context=context)
        if smtp.user:
            server.login(smtp.user, smtp.password)
    except BaseException:
        server.close()
        raise
    return server
