"""``/``: what this is, and the way in."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from ..extensions import hip
from .links import to_page_with_link

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def show() -> str | Response:
    """Show the start page.

    Supabase Auth sends a link whose target is not on its allow list here; such a visitor wants
    the page that opens links.
    """
    if hip.auth.read_link(request.args):
        return to_page_with_link("auth_callback.show")
    return render_template("home.html")
