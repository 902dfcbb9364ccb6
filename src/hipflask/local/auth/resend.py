"""POST /resend: what a sign-up or a change of address or number sent, once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipflask.local.auth import audit, flow_state, mail_flows, sms, users
from hipflask.local.auth.emails import normalised_email
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.flow_state import Challenge
from hipflask.local.auth.one_time_tokens import CONFIRMATION
from hipflask.local.auth.phones import checked_phone
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.users import User

routes = Routes()


@routes.post("/resend")
def resend(call: Call) -> Answer:
    """Send the mail with a fresh token, if there is anything to confirm; {} in any case."""
    call.count_against(call.context.limits.resend)
    kind, challenge = call.text("type"), Challenge()
    if kind in ("signup", "email_change"):
        challenge = Challenge.checked(
            call.text("code_challenge"), call.text("code_challenge_method")
        )
    email, phone = _address(call, kind)
    if phone:
        return _resend_code(call, kind, phone)
    with call.transaction() as tx:
        user = users.find_by_email(tx, email, call.audience)
        if user is None:
            return Answer({})
        if kind == "signup" and not user.is_confirmed:
            audit.write(tx, user, "user_confirmation_requested", now=call.now)
            _remember(call, tx, user, challenge, "email/signup")
            mail_flows.send_confirmation(call, tx, user, challenge)
        elif kind == "email_change" and user.email_change:
            _remember(call, tx, user, challenge, "email_change")
            mail_flows.send_email_change(call, tx, user, user.email_change, challenge)
    return Answer({})


def _resend_code(call: Call, kind: str, phone: str) -> Answer:
    """Send a code to a phone. The user is found by their present number, as in GoTrue."""
    message_id = ""
    with call.transaction() as tx:
        user = users.find_by_phone(tx, phone, call.audience)
        if user is not None and kind == "sms" and user.phone_confirmed_at is None:
            audit.write(tx, user, "user_recovery_requested", now=call.now)
            message_id = sms.send_code(call, tx, user, phone, CONFIRMATION)
        elif user is not None and kind == "phone_change" and user.phone_change:
            message_id = sms.send_code(call, tx, user, user.phone_change, sms.PHONE_CHANGE)
    return Answer(sms.answer(message_id))


def _address(call: Call, kind: str) -> tuple[str, str]:
    """Return e-mail address and phone number, one "", or raise for what cannot be sent again."""
    email, phone = call.text("email"), call.text("phone")
    if kind not in ("signup", "email_change", "sms", "phone_change"):
        raise AuthApiError(
            "validation_failed",
            "Missing one of these types: signup, email_change, sms, phone_change",
        )
    if kind == "signup" and not email:
        raise AuthApiError("validation_failed", "Type provided requires an email address")
    if kind == "sms" and not phone:
        raise AuthApiError("validation_failed", "Type provided requires a phone number")
    if email and phone:
        raise AuthApiError(
            "validation_failed", "Only an email address or phone number should be provided."
        )
    if phone:
        if not call.config.sms.enable_signup:
            raise AuthApiError("phone_provider_disabled", "Phone logins are disabled")
        return "", checked_phone(phone)
    if not email:
        raise AuthApiError("validation_failed", "Missing email address or phone number")
    if not call.config.email.enable_signup:
        raise AuthApiError("email_provider_disabled", "Email logins are disabled")
    return normalised_email(email), ""


def _remember(call: Call, tx: Tx, user: User, challenge: Challenge, method: str) -> None:
    if challenge:
        flow_state.create(
            tx,
            challenge,
            user_id=user.id,
            provider_type=method,
            authentication_method=method,
            now=call.now,
        )
