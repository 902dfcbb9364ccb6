"""``/login/second-factor``: the code of the authenticator app, or a recovery code instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hipflask import current_user, errors, flash, safe_next
from hipflask import gettext as _

from ..extensions import hip
from ..forms import Form
from .refusals import note_refusal

if TYPE_CHECKING:
    from hipflask import User

blueprint = Blueprint("second_factor", __name__, url_prefix="/login")


@blueprint.get("/second-factor")
def show() -> str | Response:
    """Ask for the code of somebody who has given the first factor."""
    return _elsewhere() or _page("second_factor.html", Form())


@blueprint.post("/second-factor")
def confirm() -> str | tuple[str, int] | Response:
    """Check the code; the session is whole from then on."""
    form = Form.sent()
    elsewhere = _elsewhere()
    if elsewhere:
        return elsewhere
    try:
        hip.auth.factors.confirm(form.value("code"))
    except errors.AuthError as error:
        note_refusal(form, error)
        return _page("second_factor.html", form), form.status
    return redirect(_target(), 303)


@blueprint.get("/recovery-code")
def ask_recovery_code() -> str | Response:
    """Ask for a recovery code instead: the device is lost."""
    return _elsewhere() or _page("recovery_code.html", Form())


@blueprint.post("/recovery-code")
def use_recovery_code() -> str | tuple[str, int] | Response:
    """Use the code up: it removes the lost second factor and signs in."""
    form = Form.sent()
    elsewhere = _elsewhere()
    if elsewhere:
        return elsewhere
    try:
        hip.auth.recovery_codes.use(form.value("code"))
    except errors.WrongCode:
        form.fields["code"] = _("This recovery code is wrong or was used already.")
    except errors.AuthError as error:
        note_refusal(form, error)
    if form.errors:
        return _page("recovery_code.html", form), form.status
    tell_of_recovery_code(current_user)
    flash(_("You are signed in. The lost authenticator is removed: add a new one."))
    return redirect(url_for("account_security.show"), 303)


def tell_of_recovery_code(user: User) -> None:
    """Note it in the security log, and tell the owner of the account by mail."""
    hip.auth.security_log.record(user.id, "recovery_code_used")
    if user.email:
        hip.mail.send(
            user.email,
            _("A recovery code was used"),
            _(
                "Somebody signed in to your account at %(site)s with your password and a recovery"
                " code. The authenticator app is removed from the account.\n\nIf it was you, add"
                " a new one: %(security)s\n\nIf it was not you, choose a new password now:"
                " %(reset)s",
                site=hip.settings.site_url,
                security=hip.settings.site_url + url_for("account_security.show"),
                reset=hip.settings.site_url + url_for("forgot_password.show"),
            ),
        )


def _elsewhere() -> Response | None:
    """Lead on whoever is signed in already, and to the sign-in whoever has not begun it."""
    if current_user:
        return redirect(_target(), 303)
    if not hip.auth.factors.awaited:
        return redirect(url_for("login.show"), 303)
    return None


def _target() -> str:
    return safe_next(request.values.get("next"), url_for("dashboard.show"))


def _page(template: str, form: Form) -> str:
    wanted = safe_next(request.values.get("next"), "")
    recovery = hip.auth.recovery_codes.available
    return render_template(template, form=form, next=wanted, recovery=recovery)
