"""``/auth/callback``: where providers and Supabase's own mail templates lead back to."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from ..extensions import hip
from .links import Answer, fragment_page, open_link, show_link, to_page_with_link
from .oauth import come_back

blueprint = Blueprint("auth_callback", __name__)


@blueprint.get("/auth/callback")
def show() -> Answer:
    """Finish a sign-in with a provider, or show the button for a link that names itself.

    Everything else gets the page that reads the fragment.
    """
    if hip.auth.oauth.is_return(request.args):
        return come_back()
    if hip.auth.read_link(request.args) is None:
        return fragment_page()
    if request.args.get("type") == "recovery":
        return to_page_with_link("reset_password.show")
    return show_link(url_for("auth_callback.receive"))


@blueprint.post("/auth/callback")
def receive() -> Answer:
    """Use the link, whose fragment fragment.js sent."""
    return open_link(url_for("auth_callback.receive"))
