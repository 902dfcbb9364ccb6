"""Messages to phones: each is a mail in the mailbox, so that nothing leaves this machine.

The mail goes to ``+NUMBER@phone.invalid`` (RFC 2606: nobody can own that domain); its subject is
the message. Codes, limits and test numbers follow GoTrue, phone.go.
"""

from __future__ import annotations

import html
import logging
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from hipflask.errors import StackError
from hipflask.local.auth import one_time_tokens, users
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.hooks import send_sms
from hipflask.local.auth.mail import Mail
from hipflask.local.auth.one_time_tokens import CONFIRMATION, REAUTHENTICATION
from hipflask.local.auth.phones import normalised_phone

if TYPE_CHECKING:
    from datetime import datetime

    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.users import User
    from hipflask.local.config import AuthConfig

log = logging.getLogger(__name__)

PHONE_CHANGE: Final = "phone_change_token"
#: Seconds that a code lives: what the Supabase CLI's stack sets, as config.toml has no key for it.
LIFETIME: Final = timedelta(seconds=6000)
#: What GoTrue answers as ``message_id`` when no message was sent.
TEST_MESSAGE_ID: Final = "test-otp"
_CODES: Final = 10**6
_USUAL_TEXT: Final = "Your code is {{ .Code }}"
_CHANNEL_MESSAGE: Final = (
    "Invalid channel, supported values are 'sms' or 'whatsapp'. "
    "'whatsapp' is only supported if Twilio or Twilio Verify is used as the provider."
)
#: Kind of token -> (when it was sent, its name in an error message).
_KINDS: Final = {
    CONFIRMATION: ("confirmation_sent_at", "confirmation"),
    PHONE_CHANGE: ("phone_change_sent_at", "phone_change"),
    REAUTHENTICATION: ("reauthentication_sent_at", "reauthentication"),
}


def count_message(call: Call) -> None:
    """Hold to ``rate_limit.sms_sent``, or raise over_sms_send_rate_limit."""
    if not call.context.limits.sms.allows(call.now):
        raise AuthApiError("over_sms_send_rate_limit", "SMS rate limit exceeded")


def send_message(call: Call, phone: str, text: str, *, what: str = "confirmation") -> None:
    """Deliver ``text``, or raise over_sms_send_rate_limit or sms_send_failed."""
    count_message(call)
    mail = Mail(
        to=f"+{normalised_phone(phone)}@phone.invalid",
        sender="sms@hipflask.localhost",
        sender_name="SMS",
        subject=" ".join(text.split()),  # a line break would start a new header
        html=f"<p>{html.escape(text)}</p>",
        text=text,
    )
    try:
        call.context.mailer.send(mail)
    except (OSError, StackError) as error:  # smtplib's errors are OSErrors too
        log.error("A message to a phone was not sent: %s", error)
        raise AuthApiError(
            "sms_send_failed", f"Error sending {what} OTP to provider: {error}"
        ) from error


def test_code(config: AuthConfig, phone: str) -> str:
    """Return the code that ``[auth.sms.test_otp]`` gives this number, or ""."""
    wanted = normalised_phone(phone)
    return next(
        (code for one, code in config.sms.test_otp.items() if normalised_phone(one) == wanted), ""
    )


def check_frequency(sent_at: datetime | None, least: timedelta, now: datetime) -> None:
    """Raise over_sms_send_rate_limit when the last message of this kind is too recent."""
    if sent_at is None or sent_at + least <= now:
        return
    left = int((sent_at + least - now).total_seconds())
    raise AuthApiError(
        "over_sms_send_rate_limit",
        f"For security purposes, you can only request this after {left} seconds.",
    )


def checked_channel(channel: str) -> str:
    """Return the channel, "sms" by default; whatsapp needs Twilio, which is not served."""
    if channel not in ("", "sms"):
        raise AuthApiError("validation_failed", _CHANNEL_MESSAGE)
    return "sms"


def send_code(call: Call, tx: Tx, user: User, phone: str, kind: str) -> str:
    """Send a code of this kind and store its hash; return GoTrue's message id or "".

    A test number gets its fixed code and no message, but waits like every other.
    """
    sent_field, what = _KINDS[kind]
    check_frequency(getattr(user, sent_field), call.config.sms.max_frequency, call.now)
    code, message_id = test_code(call.config, phone), TEST_MESSAGE_ID
    if kind == PHONE_CHANGE:
        user.phone_change = phone
    if not code:
        code, message_id = str(secrets.randbelow(_CODES)).zfill(6), ""
        if send_sms.is_on(call):
            count_message(call)
            send_sms.send(call, tx, user, phone, code)
        else:
            text = text_of("auth.sms.template", call.config.sms.template, code)
            send_message(call, phone, text, what=what)
    token = one_time_tokens.hash_of(phone, code)
    setattr(user, kind, token)
    setattr(user, sent_field, call.now)
    changed = [kind, sent_field]
    if kind == PHONE_CHANGE:
        changed.append("phone_change")
    users.save(tx, user, *changed, now=call.now)
    one_time_tokens.store(tx, user.id, kind, token, relates_to=phone, now=call.now)
    return message_id


def is_right(call: Call, given: str, stored: str, sent_at: datetime | None) -> bool:
    """Say whether the hash ``given`` is the stored one and young enough."""
    return (
        sent_at is not None
        and call.now <= sent_at + LIFETIME
        and one_time_tokens.matches(given, stored)
    )


def answer(message_id: str) -> dict[str, str]:
    """Return what a request for a code is answered with."""
    return {"message_id": message_id} if message_id else {}


def text_of(name: str, template: str, code: str) -> str:
    """Return the message with this code; ``name`` is the key of its template in config.toml."""
    from hipflask.local.auth.gotemplate import Template, TemplateError  # deferred: as for mails

    try:
        return Template(name, template or _USUAL_TEXT).render({"Code": code})
    except TemplateError as error:
        log.error("%s is broken: %s", name, error)
        raise AuthApiError("unexpected_failure", "error generating sms template") from error
