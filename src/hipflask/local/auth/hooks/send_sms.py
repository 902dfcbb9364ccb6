"""send_sms: a service of the project's own sends the code to a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hipflask.local.auth.hooks import asking
from hipflask.local.auth.user_shape import user_json

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.users import User

_NAME: Final = "send_sms"


def is_on(call: Call) -> bool:
    """Whether the hook sends, not Auth."""
    return asking.is_on(call.context, _NAME)


def send(
    call: Call, tx: Tx | None, user: User, phone: str, code: str, *, sms_type: str = ""
) -> None:
    """Let the hook send ``code``. ``sms_type`` is "mfa" for a second factor."""
    message = {"otp": code, "phone": phone}
    if sms_type:
        message["sms_type"] = sms_type
    asking.ask(call, _NAME, {"user": user_json(user), "sms": message}, tx)
