"""``/users/forgot-password``: asks for the mail that leads to a new password."""

from __future__ import annotations

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from hipflask import errors, rate_limit

from ..addresses import check_email
from ..extensions import hip
from ..forms import Form
from ..limits import MAILS
from .check_mail import to_check_mail
from .refusals import note_refusal

blueprint = Blueprint("forgot_password", __name__)


@blueprint.get("/users/forgot-password")
def show() -> str:
    """Show the form."""
    return render_template("forgot_password.html", form=Form())


@blueprint.post("/users/forgot-password")
@rate_limit(MAILS)
def send() -> tuple[str, int] | Response:
    """Send the mail. An address without an account gets the same answer."""
    form = Form.sent()
    email = check_email(form)
    if not form.errors:
        try:
            hip.auth.send_recovery(email)
        except errors.AuthError as error:
            note_refusal(form, error)
    if form.errors:
        return render_template("forgot_password.html", form=form), form.status
    return to_check_mail(email, "recovery")
