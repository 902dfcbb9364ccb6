"""``/users/reset-password``: from the link in the mail to a new password, and to nothing else."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for

from hipflask import errors, flash
from hipflask import gettext as _

from ..extensions import hip
from ..forms import Form
from ..passwords import check_new_password, note_weak_password
from .links import Answer, link_problem_page, new_password_page, open_link, show_link
from .refusals import note_refusal

MOST_NAME = 100

blueprint = Blueprint("reset_password", __name__)


@blueprint.get("/users/reset-password")
def show() -> Answer:
    """Show the button that uses the link; it leads to the form."""
    return show_link(url_for("reset_password.submit"), recovery=True)


@blueprint.post("/users/reset-password")
def submit() -> Answer:
    """Use the link, or, with the proof that this gave, save the new password."""
    if "proof" in request.form:
        return _save()
    return open_link(url_for("reset_password.submit"), recovery=True)


def _save() -> Answer:
    form = Form.sent()
    proof, email = form.value("proof"), form.text("username")
    invited = form.value("invited") == "yes"
    password = check_new_password(form, email)
    if form.errors:
        return new_password_page(form, proof, email, invited=invited), form.status
    try:
        if invited:
            return _welcome(proof, password, form.text("name")[:MOST_NAME])
        hip.auth.reset_password(proof, password, second_factor=form.text("code"))
    except errors.SecondFactorNeeded:
        form.fields["code"] = _("Enter the code of your authenticator app as well.")
    except errors.WrongCode:
        form.fields["code"] = _("This code is wrong or was used already.")
    except errors.WeakPassword as error:
        note_weak_password(form, error)
    except (errors.LinkExpired, errors.LinkUnusable, errors.SealBroken):
        return link_problem_page(Form(), recovery=True), 410
    except errors.AuthError as error:
        note_refusal(form, error)
    else:
        flash(_("Password changed. You are signed out everywhere: sign in with the new one."))
        return redirect(url_for("login.show"), 303)
    return new_password_page(form, proof, email, invited=invited), form.status


def _welcome(proof: str, password: str, name: str) -> Answer:
    """Finish an account that began with an invitation; its owner is signed in."""
    if hip.auth.accept_invitation(proof, password, name=name) is None:
        flash(_("Your account is ready. Sign in with your new password."))
        return redirect(url_for("login.show"), 303)
    flash(_("Welcome. You are signed in."))
    return redirect(url_for("dashboard.show"), 303)
