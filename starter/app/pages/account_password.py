"""``/account/password``: another password, or a first one."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from hipflask import current_user, errors, flash, login_required
from hipflask import gettext as _

from ..account.proof import check_owner, needs_password, with_second_factor
from ..extensions import hip
from ..forms import Form
from ..passwords import check_new_password, note_weak_password, password_rules
from .refusals import note_refusal

blueprint = Blueprint("account_password", __name__, url_prefix="/account/password")


@blueprint.get("")
@login_required
def show() -> str:
    """Show the form."""
    return _page(Form())


@blueprint.post("")
@login_required
@with_second_factor
def change() -> tuple[str, int] | Response:
    """Set the new password and end every other session."""
    form = Form.sent()
    password = check_new_password(form, current_user.email or "")
    # The new one is looked at first: the present one is not asked of Auth in vain.
    if not form.errors:
        check_owner(form)
    if not form.errors:
        _change(form, password)
    if form.errors:
        return _page(form), form.status
    flash(_("Your password was changed. Every other device is signed out."))
    return redirect(url_for("account_password.show"), 303)


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
        needs_password=needs_password(),
        password_rules=password_rules(),
    )
