"""``/login/confirm``: a fresh proof of who is signed in, before a sensitive page is shown.

A sensitive form asks for the proof by itself, on ``step_up.html``; nothing of it is lost.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hipflask import StepUp, errors, login_required, safe_next
from hipflask import gettext as _

from ..extensions import hip
from ..forms import Form
from .refusals import note_refusal

blueprint = Blueprint("step_up", __name__, url_prefix="/login")


@blueprint.get("/confirm")
@login_required
def show() -> str:
    """Ask for what ``hip.auth.proof`` wants: a code, the password, or a mailed code."""
    return _page(Form())


@blueprint.post("/confirm")
@login_required
def confirm() -> tuple[str, int] | Response:
    """Check the proof and go on; or mail the code that is to prove it."""
    form = Form.sent()
    mailed = hip.auth.proof.way() == "mail" or bool(form.value("by_mail"))
    try:
        if form.value("send"):
            hip.auth.proof.send_code()
            return _page(Form(), mailed=True), 200
        hip.auth.proof.give(code=form.value("code"), password=form.value("password"), mailed=mailed)
    except errors.InvalidCredentials:
        form.fields["password"] = _wrong_password(form.value("password"))
    except errors.SignUpClosed:
        form.general = _no_mail()
    except errors.AuthError as error:
        note_refusal(form, error)
    else:
        return redirect(_target(), 303)
    return _page(form, mailed=mailed), form.status


@blueprint.post("/again")
@login_required
def sign_in_again() -> Response:
    """Sign out and in: the way that is always left."""
    hip.auth.sign_out()
    return redirect(url_for("login.show", next=_target()), 303)


@blueprint.app_template_global("step_up_form")
def step_up_form(step_up: StepUp) -> Form:
    """Return the form of ``step_up.html`` with what was refused, for its field."""
    form = Form()
    match step_up.refused:
        case None:
            pass
        case errors.InvalidCredentials():
            form.fields["step_up_password"] = _("This is not your password.")
        case errors.SignUpClosed():
            form.general = _no_mail()
        case refused:
            note_refusal(form, refused)
            if "code" in form.fields:
                form.fields["step_up_code"] = form.fields.pop("code")
    return form


def _wrong_password(typed: str) -> str:
    return _("This is not your password.") if typed else _("Enter your password.")


def _no_mail() -> str:
    return _("No code can be mailed at the moment. Sign out and in again instead.")


def _target() -> str:
    return safe_next(request.values.get("next"), url_for("dashboard.show"))


def _page(form: Form, *, mailed: bool = False) -> str:
    """Return the page; ``mailed`` says that a code is on its way."""
    way = hip.auth.proof.way()
    by = "mail" if mailed and way == "password" else way
    return render_template("confirm.html", form=form, by=by, sent=mailed, next=_target())
