"""Making sure that it is the owner who changes an account, and not whoever found it open."""

from __future__ import annotations

from hipflask import errors
from hipflask import gettext as _

from ..extensions import hip
from ..forms import Form
from ..pages.refusals import note_refusal

FIELD = "current_password"


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
