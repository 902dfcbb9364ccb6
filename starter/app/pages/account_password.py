"""``/account/password``: another password, or a first one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from hipflask import current_user, errors, flash, login_required, recent_sign_in_required
from hipflask import gettext as _

from ..extensions import hip
from ..forms import Form
from ..passwords import check_new_password, note_weak_password, password_rules
from .refusals import note_refusal

blueprint = Blueprint("account_password", __name__, url_prefix="/account/password")

PRESENT = "current_password"


def _proven(view: Callable[..., Any]) -> Callable[..., Any]:
    """Ask for the proof of every sensitive action, unless the form asks for it by itself."""
    asked_before = recent_sign_in_required(view)

    @functools.wraps(view)
    def guarded() -> Any:
        return view() if _asks_present() else asked_before()

    return guarded


@blueprint.get("")
@login_required
@_proven
def show() -> str:
    """Show the form."""
    return _page(Form())


@blueprint.post("")
@login_required
@_proven
def change() -> tuple[str, int] | Response:
    """Set the new password and end every other session."""
    form = Form.sent()
    password = check_new_password(form, current_user.email or "")
    # The new one is looked at first: the present one is not asked of Auth in vain.
    if not form.errors and _asks_present():
        _check_present(form)
    if not form.errors:
        _change(form, password)
    if form.errors:
        return _page(form), form.status
    flash(_("Your password was changed. Every other device is signed out."))
    return redirect(url_for("account_password.show"), 303)


def _asks_present() -> bool:
    """Whether the present password is the proof: then it is asked for each time, in the form.

    OWASP ASVS 5.0, 6.2.3. Somebody with a second factor proves it by that, as everywhere.
    """
    return hip.auth.proof.way() == "password"


def _check_present(form: Form) -> None:
    present = form.value(PRESENT)
    if not present:
        form.fields[PRESENT] = _("Enter your present password.")
        return
    try:
        hip.auth.account.check_password(present)
    except errors.InvalidCredentials:
        form.fields[PRESENT] = _("This is not your password.")
    except errors.AuthError as error:
        note_refusal(form, error)


def _change(form: Form, password: str) -> None:
    try:
        hip.auth.account.change_password(password)
    except errors.WeakPassword as error:
        note_weak_password(form, error)
    except errors.ReauthenticationNeeded:
        form.general = _("For this, sign in again first: sign out, sign in, and come back.")
        form.status = 403
    except errors.AuthError as error:
        note_refusal(form, error)


def _page(form: Form) -> str:
    return render_template(
        "account/password.html",
        form=form,
        asks_present=_asks_present(),
        has_password=hip.auth.account.has_password(),
        password_rules=password_rules(),
    )
