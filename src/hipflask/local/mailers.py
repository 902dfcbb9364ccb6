"""Where Auth's mails go: into the mailbox of this machine, or out through a mail server.

Auth and the mailbox do not see each other; this module, part of the composition, joins them.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from hipflask.errors import StackError
from hipflask.local.mailbox.message import Envelope
from hipflask.local.mailbox.store import Mailbox

if TYPE_CHECKING:
    from hipflask.local.auth.mail import Mail
    from hipflask.local.mailbox.relay import Relay
    from hipflask.protocol.clock import Clock

_log = logging.getLogger(__name__)


def _new_message_id() -> str:
    return f"{uuid.uuid4()}@hipflask.localhost"


class MailboxMailer:
    """Puts mails straight into the mailbox; no SMTP in between."""

    def __init__(
        self, mailbox: Mailbox, clock: Clock, new_id: Callable[[], str] = _new_message_id
    ) -> None:
        self._mailbox = mailbox
        self._clock = clock
        self._new_id = new_id

    def send(self, mail: Mail) -> None:
        """Deliver the mail."""
        self._mailbox.deliver(
            _wire_form(mail, self._new_id(), self._clock), Envelope(mail.sender, (mail.to,))
        )


class RelayMailer:
    """Sends mails out through the server that ``SMTP_*`` or config.toml names."""

    def __init__(
        self, relay: Relay, clock: Clock, new_id: Callable[[], str] = _new_message_id
    ) -> None:
        self._relay = relay
        self._clock = clock
        self._new_id = new_id

    def send(self, mail: Mail) -> None:
        """Deliver the mail, or raise ``OSError``; the log says which setting to look at."""
        settings = self._relay.settings
        # Most servers refuse a sender that is not the login's own address.
        mail = replace(
            mail,
            sender=settings.sender or settings.user or mail.sender,
            sender_name=settings.sender_name or mail.sender_name,
        )
        try:
            self._relay.send(
                _wire_form(mail, self._new_id(), self._clock), Envelope(mail.sender, (mail.to,))
            )
        except StackError as error:
            _log.error("%s %s", error.message, error.hint)
            raise OSError(error.message) from error


def _wire_form(mail: Mail, message_id: str, clock: Clock) -> bytes:
    from hipflask.local.auth.mail import as_message  # deferred: the email package is 20 ms

    return as_message(mail, message_id=message_id, date=clock.now()).as_bytes()
