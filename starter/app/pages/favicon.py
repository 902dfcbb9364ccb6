"""``/favicon.ico``, which browsers ask for whatever a page says."""

from __future__ import annotations

from flask import Blueprint, Response, current_app

blueprint = Blueprint("favicon", __name__)


@blueprint.get("/favicon.ico")
def show() -> Response:
    """Send the icon, to be kept for a day."""
    response = current_app.send_static_file("img/favicon.ico")
    response.cache_control.public = True
    response.cache_control.max_age = 86400
    return response
