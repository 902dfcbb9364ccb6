"""``/account/email``: another address, confirmed from the old one and from the new one."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from hipflask import current_user, errors, flash, login_required, recent_sign_in_required
from hipflask import gettext as _

from ..addresses import check_email
from ..extensions import hip
from ..forms import Form
from .refusals import note_refusal

blueprint = Blueprint("account_email", __name__, url_prefix="/account/email")


@blueprint.get("")
@login_required
def show() -> str:
    """Show the address, and a change that waits for its confirmations."""
    return _page(Form())


@blueprint.post("")
@recent_sign_in_required
def change() -> tuple[str, int] | Response:
    """Send the mails that confirm the new address."""
    form = Form.sent()
    email = check_email(form)
    if not form.fields and email.casefold() == (current_user.email or "").casefold():
        form.fields["email"] = _("This is your address already.")
    if not form.errors and _send(form, email):
        flash(_("Two mails are on their way. Open the link in each of them."))
        return redirect(url_for("account_email.show"), 303)
    return _page(form), form.status


@blueprint.post("/resend")
@login_required
def resend() -> tuple[str, int] | Response:
    """Send both mails again, for the change that is waiting."""
    form = Form()
    waiting = hip.auth.account.user().new_email
    if waiting is None:
        flash(_("There is no change to confirm any more."))
    elif _send(form, waiting):
        flash(_("Both mails were sent again. The older ones no longer count."))
    else:
        return _page(form), form.status
    return redirect(url_for("account_email.show"), 303)


def _send(form: Form, email: str) -> bool:
    try:
        hip.auth.change_email(email)
    except errors.EmailTaken:
        form.fields["email"] = _("This address belongs to another account.")
    except errors.AuthError as error:
        note_refusal(form, error)
    return not form.errors


def _page(form: Form) -> str:
    return render_template(
        "account/email.html",
        form=form,
        waiting=hip.auth.account.user().new_email,
    )
