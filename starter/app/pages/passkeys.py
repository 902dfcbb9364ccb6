"""Passkeys: signing in by one on ``/login``, and adding, naming and removing them."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hipflask import current_user, errors, flash, login_required, recent_sign_in_required, safe_next
from hipflask import gettext as _

from ..extensions import hip
from ..forms import Form

blueprint = Blueprint("passkeys", __name__)

MOST_NAME = 60


@blueprint.post("/login/passkey/options")
def sign_in_options() -> dict[str, Any]:
    """Give the script what it asks the authenticator for. It names no user."""
    return hip.auth.passkeys.begin_sign_in().as_json()


@blueprint.post("/login/passkey")
def sign_in() -> Response:
    """Open a session by what the authenticator has signed."""
    wanted = safe_next(request.form.get("next"), "")
    try:
        hip.auth.passkeys.sign_in(request.form.get("challenge_id", ""), _credential())
    except errors.UserBanned:
        flash(_("This account is locked."), "error")
    except errors.EmailNotConfirmed:
        flash(_("Confirm your e-mail first."), "error")
    except (errors.PasskeyRefused, errors.AuthRejected):
        flash(_("This passkey was not accepted. Try again, or use your password."), "error")
    else:
        return redirect(wanted or url_for("dashboard.show"), 303)
    return redirect(url_for("login.show", next=wanted or None), 303)


@blueprint.get("/account/security/passkeys/new")
@recent_sign_in_required
def ask() -> str:
    """Show the button that makes a passkey."""
    return render_template(
        "security/passkey_new.html", passkeys_at=hip.auth.passkeys.other_address()
    )


@blueprint.post("/account/security/passkeys/options")
@recent_sign_in_required
def options() -> dict[str, Any]:
    """Give the script what it asks the authenticator for."""
    return hip.auth.passkeys.begin_registration().as_json()


@blueprint.post("/account/security/passkeys")
@recent_sign_in_required
def register() -> Response:
    """Add the passkey that the browser has made."""
    name = Form.sent().text("name")[:MOST_NAME]
    try:
        passkey = hip.auth.passkeys.register(request.form.get("challenge_id", ""), _credential())
        if name:
            hip.auth.passkeys.rename(passkey.id, name)
    except (errors.PasskeyRefused, errors.AuthRejected):
        flash(_("The passkey was not added. Try again."), "error")
        return redirect(url_for("passkeys.ask"), 303)
    hip.auth.security_log.record(current_user.id, "passkey_added", name=name or passkey.name)
    flash(_("The passkey is added. It signs you in without your password."))
    return redirect(url_for("account_security.show"), 303)


@blueprint.post("/account/security/passkeys/<passkey_id>/name")
@login_required
def rename(passkey_id: str) -> Response:
    """Give a passkey another name."""
    name = Form.sent().text("name")[:MOST_NAME]
    if name:
        hip.auth.passkeys.rename(passkey_id, name)
        flash(_("The passkey has its new name."))
    return redirect(url_for("account_security.show"), 303)


@blueprint.get("/account/security/passkeys/<passkey_id>/remove")
@login_required
def ask_remove(passkey_id: str) -> str:
    """Ask whether the passkey shall go."""
    passkey = next((each for each in hip.auth.passkeys.list() if each.id == passkey_id), None)
    if passkey is None:
        abort(404)
    return render_template(
        "security/remove.html",
        heading=_("Remove this passkey?"),
        name=passkey.name or _("Passkey"),
        text=_("It no longer signs you in. Delete it on your device too."),
        button=_("Remove passkey"),
    )


@blueprint.post("/account/security/passkeys/<passkey_id>/remove")
@recent_sign_in_required
def remove(passkey_id: str) -> Response:
    """Remove a passkey."""
    hip.auth.passkeys.remove(passkey_id)
    hip.auth.security_log.record(current_user.id, "passkey_removed")
    flash(_("The passkey is removed."))
    return redirect(url_for("account_security.show"), 303)


def _credential() -> dict[str, Any]:
    """Return what the script sent of the authenticator's answer."""
    try:
        credential = json.loads(request.form.get("credential", ""))
    except ValueError:
        credential = None
    if not isinstance(credential, dict):
        raise errors.PasskeyRefused("The form carries no passkey.")
    return credential
