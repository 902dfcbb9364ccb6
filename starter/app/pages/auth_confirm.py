"""``/auth/confirm``: links that confirm an address or sign somebody in, and codes."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from hipflask import errors, safe_next
from hipflask import gettext as _

from ..addresses import check_email
from ..extensions import hip
from ..forms import Form
from .check_mail import check_mail_page, purpose_of
from .links import Answer, follow, open_link, show_link, to_page_with_link
from .refusals import note_refusal

blueprint = Blueprint("auth_confirm", __name__)


@blueprint.get("/auth/confirm")
def show() -> Answer:
    """Show what the link is for, and the button that uses it."""
    if request.args.get("type") == "recovery":
        return to_page_with_link("reset_password.show")
    return show_link(url_for("auth_confirm.confirm"))


@blueprint.post("/auth/confirm")
def confirm() -> Answer:
    """Use the link."""
    return open_link(url_for("auth_confirm.confirm"))


@blueprint.post("/auth/confirm/code")
def enter_code() -> Answer:
    """Use the six-digit code of a mail instead of its link."""
    form = Form.sent()
    purpose = purpose_of(form.value("type"))
    email = check_email(form)
    code = "".join(form.value("code").split())
    if not code:
        form.fields["code"] = _("Enter the code from the mail.")
    if not form.errors:
        try:
            # Somebody whose sign-up is still open gets the mail of a sign-up: "email" is either.
            kind = "email" if purpose == "magiclink" else purpose
            return follow(hip.auth.verify_code(email, code, kind))
        except errors.AuthError as error:
            note_refusal(form, error)
    known = "" if "email" in form.fields else email
    wanted = safe_next(form.value("next"), "")
    return check_mail_page(form, known, purpose, wanted), form.status
