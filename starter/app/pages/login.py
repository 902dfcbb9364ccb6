"""``/login``: signing in."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hipflask import current_user, errors, safe_next
from hipflask import gettext as _

from ..addresses import check_email
from ..extensions import hip
from ..forms import Form
from .refusals import note_refusal

blueprint = Blueprint("login", __name__)


@blueprint.get("/login")
def show() -> str | Response:
    """Show the form."""
    if current_user:
        return redirect(_target(), 303)
    if hip.auth.factors.awaited:
        return redirect(url_for("second_factor.show", next=request.args.get("next")), 303)
    return _page(Form())


@blueprint.post("/login")
def sign_in() -> tuple[str, int] | Response:
    """Open a session and go to where the visitor wanted to go."""
    form = Form.sent()
    email = check_email(form)
    password = form.value("password")
    if not password:
        form.fields["password"] = _("Enter your password.")
    if form.errors:
        return _page(form), 422
    try:
        hip.auth.sign_in(email, password)
    except errors.EmailNotConfirmed as error:
        note_refusal(form, error)
        return _page(form, unconfirmed=True), 422
    except errors.AuthError as error:
        note_refusal(form, error)
        return _page(form), form.status
    return redirect(_target(), 303)


def _target() -> str:
    """Return the page that was asked for before signing in; never one of another site."""
    return safe_next(request.values.get("next"), url_for("dashboard.show"))


def _page(form: Form, *, unconfirmed: bool = False) -> str:
    wanted = safe_next(request.values.get("next"), "")
    return render_template(
        "login.html",
        form=form,
        next=wanted,
        unconfirmed=unconfirmed,
        passkeys=hip.auth.passkeys.enabled,
    )
