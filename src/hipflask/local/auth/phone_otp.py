"""POST /otp with a phone number: sign in, or up, by a code (GoTrue, otp.go SmsOtp)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from hipflask.local.auth import audit, passwords, phone_signup, signup, sms, users
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.one_time_tokens import CONFIRMATION
from hipflask.local.auth.phones import checked_phone
from hipflask.local.auth.routes import Answer

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call


def send(call: Call) -> Answer:
    """Send the code. A number that nobody has confirmed goes through sign-up first.

    Where sign-up needs no confirmation and so sends nothing, the code follows at once.
    """
    if not call.config.sms.enable_signup:
        raise AuthApiError("phone_provider_disabled", "Unsupported phone provider")
    phone = checked_phone(call.text("phone"))
    channel = sms.checked_channel(call.text("channel"))
    with call.reading() as tx:
        user = users.find_by_phone(tx, phone, call.audience)
    if user is None or user.phone_confirmed_at is None:
        _sign_up(call, phone, channel)
        if call.config.sms.enable_confirmations:
            return Answer({})
    with call.transaction() as tx:
        user = users.find_by_phone(tx, phone, call.audience)
        if user is None:  # deleted between the two
            return Answer({})
        audit.write(tx, user, "user_recovery_requested", now=call.now, traits={"channel": channel})
        message_id = sms.send_code(call, tx, user, phone, CONFIRMATION)
    return Answer(sms.answer(message_id))


def _sign_up(call: Call, phone: str, channel: str) -> None:
    signup.require_open(call)
    nobodys_password = secrets.token_urlsafe(33)
    asked = phone_signup.PhoneSignUp(
        phone=phone,
        encrypted_password=passwords.hash_password(nobodys_password, call.context.bcrypt_cost),
        data=call.mapping("data") or {},
        channel=channel,
        audience=call.audience,
    )
    phone_signup.sign_up(call, asked)
