"""``/auth/callback``: where links of Supabase's own templates land, tokens behind the ``#``."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ..extensions import hip
from ..forms import Form
from .links import open_link, show_link

blueprint = Blueprint("auth_callback", __name__)

Answer = str | tuple[str, int] | Response


@blueprint.get("/auth/callback")
def show() -> Answer:
    """Show the button for a link that names itself; else the page that reads the fragment."""
    if hip.auth.read_link(request.args) is None:
        return render_template("callback.html", form=Form())
    if request.args.get("type") == "recovery":
        return redirect(url_for("reset_password.show", **request.args), 303)
    return show_link(url_for("auth_callback.receive"))


@blueprint.post("/auth/callback")
def receive() -> Answer:
    """Use the link, whose fragment fragment.js sent."""
    return open_link(recovery=False)
