"""before_user_created: may this person become a user?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.hooks import asking
from hipflask.local.auth.user_shape import user_json

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.users import User

_NAME: Final = "before_user_created"
#: Go's zero time: the user is nowhere yet.
_NEVER: Final = "0001-01-01T00:00:00Z"


def is_on(call: Call) -> bool:
    """Whether a new user needs the hook's consent."""
    return asking.is_on(call.context, _NAME)


def ask(call: Call, user: User) -> None:
    """Ask about a user who is not stored yet. Call it while no transaction is open."""
    if not is_on(call):
        return
    shape = {**user_json(user), "role": "", "created_at": _NEVER, "updated_at": _NEVER}
    asking.ask(call, _NAME, {"user": shape}, None)
    call.new_user_agreed_to = True


def ask_unless_known(call: Call, user: User, find: Callable[[Tx], User | None]) -> None:
    """Ask about ``user`` if ``find`` finds nobody whose account would be used instead."""
    if not is_on(call):
        return
    with call.reading() as tx:
        if find(tx) is not None:
            return
    ask(call, user)


def require_asked(call: Call) -> None:
    """Raise conflict if a user is about to be stored whom the hook was not asked about.

    That happens when the one who was found before the transaction is gone inside it.
    """
    if is_on(call) and not call.new_user_agreed_to:
        raise AuthApiError("conflict", "The account was deleted in this moment. Please try again.")
