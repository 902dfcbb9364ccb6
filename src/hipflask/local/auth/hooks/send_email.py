"""send_email: a service of the project's own sends the mails."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

from hipflask.local.auth.hooks import asking
from hipflask.local.auth.redirects import redirect_target
from hipflask.local.auth.user_shape import user_json

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.users import User

_NAME: Final = "send_email"


@dataclass(frozen=True, slots=True)
class EmailData:
    """What the mail is about (GoTrue, mailer.go EmailData).

    Of a change of address ``token_hash`` belongs to ``token_new``, and ``token_hash_new`` to
    ``token``: GoTrue has them crossed, and its clients count on it.
    """

    email_action_type: str
    token: str = field(default="", repr=False)
    token_hash: str = field(default="", repr=False)
    token_new: str = field(default="", repr=False)
    token_hash_new: str = field(default="", repr=False)
    old_email: str = ""
    old_phone: str = ""
    provider: str = ""
    factor_type: str = ""


def is_on(call: Call) -> bool:
    """Whether the hook sends, not Auth."""
    return asking.is_on(call.context, _NAME)


def send(call: Call, tx: Tx | None, user: User, data: EmailData) -> None:
    """Let the hook send the mail."""
    shape = {
        **asdict(data),
        "redirect_to": redirect_target(call),
        "site_url": call.context.external_url,
    }
    asking.ask(call, _NAME, {"user": user_json(user), "email_data": shape}, tx)
