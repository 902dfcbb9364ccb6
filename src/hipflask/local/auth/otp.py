"""POST /otp: a one-time code, by mail with the sign-in link or by a message to a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipflask.local.auth import magiclink, phone_otp, users
from hipflask.local.auth.emails import normalised_email
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.flow_state import Challenge
from hipflask.local.auth.phones import checked_phone
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

routes = Routes()


@routes.post("/otp")
def otp(call: Call) -> Answer:
    """Send the code. With ``create_user: false`` only to those who are there."""
    call.count_against(call.context.limits.otp)
    email, phone = call.text("email"), call.text("phone")
    if email and phone:
        raise AuthApiError(
            "validation_failed", "Only an email address or phone number should be provided"
        )
    if email and call.text("channel"):
        raise AuthApiError("validation_failed", "Channel should only be specified with Phone OTP")
    Challenge.checked(call.text("code_challenge"), call.text("code_challenge_method"))
    if (email or phone) and _only_known_users(call) and not _is_known(call, email, phone):
        raise AuthApiError("otp_disabled", "Signups not allowed for otp")
    if email:
        return magiclink.send_link(call)
    if phone:
        return phone_otp.send(call)
    raise AuthApiError("validation_failed", "One of email or phone must be set")


def _only_known_users(call: Call) -> bool:
    return call.body.get("create_user") is not None and not call.flag("create_user")


def _is_known(call: Call, email: str, phone: str) -> bool:
    try:
        address = normalised_email(email) if email else checked_phone(phone)
    except AuthApiError:
        return False
    with call.reading() as tx:
        find = users.find_by_email if email else users.find_by_phone
        return find(tx, address, call.audience) is not None
