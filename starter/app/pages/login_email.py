"""``/login/email``: signing in by a mail, whose link or code takes the password's place."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hipflask import current_user, errors, safe_next

from ..addresses import check_email
from ..extensions import hip
from ..forms import Form
from .check_mail import to_check_mail
from .refusals import note_refusal

blueprint = Blueprint("login_email", __name__)


@blueprint.get("/login/email")
def show() -> str | Response:
    """Ask for the address."""
    if current_user:
        return redirect(_wanted() or url_for("dashboard.show"), 303)
    return _page(Form())


@blueprint.post("/login/email")
def send() -> tuple[str, int] | Response:
    """Send the mail, if there is such an account; the answer is the same if there is none."""
    form = Form.sent()
    email = check_email(form)
    if not form.errors:
        try:
            hip.auth.send_magic_link(email, next=_wanted())
        except errors.AuthError as error:
            note_refusal(form, error)
    if form.errors:
        return _page(form), form.status
    return to_check_mail(email, "magiclink", _wanted())


def _wanted() -> str:
    """Return the page that was asked for before signing in; never one of another site."""
    return safe_next(request.values.get("next"), "")


def _page(form: Form) -> str:
    return render_template("login_email.html", form=form, next=_wanted())
