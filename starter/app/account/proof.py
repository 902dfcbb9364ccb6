"""Making sure that it is the owner who changes an account, and not whoever found it open."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from hipflask import current_user, errors, recent_sign_in_required
from hipflask import gettext as _

from ..extensions import hip
from ..forms import Form
from ..pages.refusals import note_refusal

FIELD = "current_password"


def with_second_factor(view: Callable[..., Any]) -> Callable[..., Any]:
    """Ask whoever has a second factor for that too, unless they have just shown it.

    Stands under ``login_required``. Everybody else proves it in the form: ``check_owner``.
    """
    proven = recent_sign_in_required(view)

    @functools.wraps(view)
    def guarded(*args: Any, **values: Any) -> Any:
        has_shown_one = current_user.claims.aal == "aal2"
        return (proven if has_shown_one else view)(*args, **values)

    return guarded


def needs_password() -> bool:
    """Whether the form asks for the password; somebody without one has to have just signed in."""
    return hip.auth.account.has_password()


def check_owner(form: Form) -> None:
    """Note on the form when it does not show that its sender owns the account."""
    if not needs_password():
        if not hip.auth.account.signed_in_recently():
            form.general = _("For this, sign in again first: sign out, sign in, and come back.")
            form.status = 403
        return
    password = form.value(FIELD)
    if not password:
        form.fields[FIELD] = _("Enter your present password.")
        return
    try:
        hip.auth.account.check_password(password)
    except errors.InvalidCredentials:
        form.fields[FIELD] = _("This is not your password.")
    except errors.AuthError as error:
        note_refusal(form, error)
