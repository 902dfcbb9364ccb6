"""``/logout``: signing out, by POST alone."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from hipflask import flash
from hipflask import gettext as _

from ..extensions import hip

blueprint = Blueprint("logout", __name__)


@blueprint.post("/logout")
def sign_out() -> Response:
    """End this browser's session."""
    hip.auth.sign_out()
    flash(_("You are signed out."))
    return redirect(url_for("login.show"), 303)
