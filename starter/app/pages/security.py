"""``/account/security``: authenticator apps and recovery codes. Passkeys: passkeys.py."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response

from hipflask import (
    current_user,
    errors,
    flash,
    login_required,
    recent_sign_in_required,
    second_factor_required,
)
from hipflask import gettext as _

from ..extensions import hip
from ..forms import Form
from .refusals import note_refusal

blueprint = Blueprint("account_security", __name__, url_prefix="/account/security")

MOST_NAME = 60

RECENT = timedelta(minutes=10)
"""How long a code that was shown before is enough for what weakens the account."""


@blueprint.get("")
@login_required
def show() -> str:
    """Show what protects the account."""
    passkeys = hip.auth.passkeys
    return render_template(
        "security/security.html",
        factors=hip.auth.factors.list(),
        codes_available=hip.auth.recovery_codes.available,
        codes_left=hip.auth.recovery_codes.left(),
        passkeys=passkeys.list() if passkeys.enabled else None,
        passkeys_at=passkeys.other_address(),
    )


@blueprint.post("/authenticator")
@recent_sign_in_required
def add() -> str | tuple[str, int] | Response:
    """Begin to add an authenticator app: show its QR code."""
    form = Form.sent()
    name = form.text("name")[:MOST_NAME] or _next_name()
    try:
        setup = hip.auth.factors.enroll(name)
    except errors.AuthRejected as error:
        flash(_why_not(error.code), "error")
        return redirect(url_for("account_security.show"), 303)
    return render_template("security/authenticator.html", form=Form(), setup=setup)


@blueprint.post("/authenticator/code")
@login_required
def verify() -> str | tuple[str, int] | Response:
    """Check the first code of the new authenticator; then show the recovery codes."""
    form = Form.sent()
    try:
        setup = hip.auth.factors.resume(form.value("proof"))
    except errors.LinkExpired:
        flash(_("That took too long. Begin once more."), "error")
        return redirect(url_for("account_security.show"), 303)
    try:
        hip.auth.factors.verify(setup.factor_id, form.value("code"))
    except errors.AuthError as error:
        note_refusal(form, error)
        return render_template("security/authenticator.html", form=form, setup=setup), form.status
    hip.auth.security_log.record(current_user.id, "factor_added")
    if hip.auth.recovery_codes.available and not hip.auth.recovery_codes.left():
        return _codes_page(hip.auth.recovery_codes.make(), first=True)
    flash(_("The authenticator is added."))
    return redirect(url_for("account_security.show"), 303)


@blueprint.get("/authenticator/<factor_id>/remove")
@login_required
def ask_remove(factor_id: str) -> str:
    """Ask whether the authenticator shall go."""
    factor = next((each for each in hip.auth.factors.list() if each.id == factor_id), None)
    if factor is None:
        abort(404)
    return render_template(
        "security/remove.html",
        heading=_("Remove this authenticator?"),
        name=factor.name,
        text=_("Its codes no longer work. Without another one, your password alone signs you in."),
        button=_("Remove authenticator"),
    )


@blueprint.post("/authenticator/<factor_id>/remove")
@second_factor_required(max_age=RECENT)
def remove(factor_id: str) -> Response:
    """Remove an authenticator app."""
    hip.auth.factors.remove(factor_id)
    hip.auth.security_log.record(current_user.id, "factor_removed")
    flash(_("The authenticator is removed."))
    return redirect(url_for("account_security.show"), 303)


@blueprint.post("/recovery-codes")
@second_factor_required(max_age=RECENT)
def make_codes() -> str:
    """Make ten new recovery codes; the old ones no longer work."""
    codes = hip.auth.recovery_codes.make()
    hip.auth.security_log.record(current_user.id, "recovery_codes_made")
    return _codes_page(codes)


def _codes_page(codes: list[str], *, first: bool = False) -> str:
    return render_template(
        "security/recovery_codes.html", codes=codes, first=first, email=current_user.email
    )


def _next_name() -> str:
    """Return a name that no factor of the user has yet: Auth wants them to differ."""
    taken = {factor.name for factor in hip.auth.factors.list()}
    name, number = _("Authenticator app"), 1
    while name in taken:
        number += 1
        name = _("Authenticator app %(number)s", number=number)
    return name


def _why_not(code: str) -> str:
    match code:
        case "mfa_factor_name_conflict":
            return _("An authenticator has this name already. Choose another.")
        case "too_many_enrolled_mfa_factors":
            return _("You have as many authenticators as an account can have.")
    return _("Authenticator apps are switched off for this site.")
