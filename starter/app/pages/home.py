"""``/``: what this is, and the way in."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ..extensions import hip

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def show() -> str | Response:
    """Show the start page.

    Supabase Auth sends a link whose target is not on its allow list here; such a visitor wants
    the page that opens links.
    """
    if hip.auth.read_link(request.args):
        return redirect(url_for("auth_callback.show", **request.args), 303)
    return render_template("home.html")
