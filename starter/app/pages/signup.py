"""``/signup``: a new account."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from hipflask import current_user, errors, flash, rate_limit
from hipflask import gettext as _

from ..addresses import check_email
from ..extensions import hip
from ..forms import Form
from ..limits import MAILS
from ..passwords import check_new_password, note_weak_password, password_rules
from .check_mail import to_check_mail
from .refusals import note_refusal

blueprint = Blueprint("signup", __name__)


@blueprint.get("/signup")
def show() -> str | Response:
    """Show the form."""
    if current_user:
        return redirect(url_for("dashboard.show"), 303)
    return _page(Form())


@blueprint.post("/signup")
@rate_limit(MAILS)
def create() -> tuple[str, int] | Response:
    """Create the account. An address that has one already gets the same answer."""
    form = Form.sent()
    email = check_email(form)
    password = check_new_password(form, email)
    if form.errors:
        return _page(form), form.status
    try:
        outcome = hip.auth.sign_up(email, password)
    except errors.WeakPassword as error:
        note_weak_password(form, error)
    except errors.AuthError as error:
        note_refusal(form, error)
    else:
        if outcome.confirmation_sent:
            return to_check_mail(outcome.email, "signup")
        return redirect(url_for("dashboard.show"), 303)
    return _page(form), form.status


@blueprint.post("/signup/resend")
@rate_limit(MAILS)
def resend() -> tuple[str, int] | Response:
    """Send the confirmation mail again; an address without an open sign-up gets the same answer."""
    form = Form.sent()
    email = check_email(form)
    if not form.errors:
        try:
            hip.auth.resend_confirmation(email)
        except errors.AuthError as error:
            note_refusal(form, error)
    if form.errors:
        return render_template("login.html", form=form), form.status
    flash(_("Another mail is on its way."))
    return to_check_mail(email, "signup")


def _page(form: Form) -> str:
    return render_template("signup.html", form=form, password_rules=password_rules())
