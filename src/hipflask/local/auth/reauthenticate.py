"""GET /reauthenticate: send a code that lets an old session change the password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipflask.local.auth import audit, mail_flows, one_time_tokens, sms
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.users import User

routes = Routes()


@routes.get("/reauthenticate")
def reauthenticate(call: Call) -> Answer:
    """Send the code to the user's confirmed address or, without one, to their number."""
    user, _ = call.require_user()
    if not user.email:
        if user.phone:
            return _by_phone(call, user)
        raise AuthApiError(
            "validation_failed",
            "Reauthentication requires the user to have an email or a phone number",
        )
    if not user.is_confirmed:
        raise AuthApiError("email_not_confirmed", "Please verify your email first.", status=422)
    with call.transaction() as tx:
        audit.write(tx, user, "user_reauthenticate_requested", now=call.now)
        mail_flows.send_reauthentication(call, tx, user)
    return Answer({})


def _by_phone(call: Call, user: User) -> Answer:
    if not call.config.sms.enable_signup:
        raise AuthApiError("phone_provider_disabled", "Phone logins are disabled", status=422)
    if user.phone_confirmed_at is None:
        raise AuthApiError("phone_not_confirmed", "Please verify your phone first.", status=422)
    with call.transaction() as tx:
        audit.write(tx, user, "user_reauthenticate_requested", now=call.now)
        kind = one_time_tokens.REAUTHENTICATION
        message_id = sms.send_code(call, tx, user, user.phone, kind)
    return Answer(sms.answer(message_id))


def require_nonce(call: Call, user: User, nonce: str) -> None:
    """Raise reauthentication_not_valid unless ``nonce`` is the code that was sent.

    The caller uses it up: setting a password drops every one-time token of the user.
    """
    given = one_time_tokens.hash_of(user.email or user.phone, nonce)
    if not user.email and user.phone:
        if sms.is_right(call, given, user.reauthentication_token, user.reauthentication_sent_at):
            return
        raise AuthApiError("reauthentication_not_valid", "Nonce has expired or is invalid")
    expired = one_time_tokens.is_expired(user.reauthentication_sent_at, call.config.email, call.now)
    if expired or not one_time_tokens.matches(given, user.reauthentication_token):
        raise AuthApiError("reauthentication_not_valid", "Nonce has expired or is invalid")
