"""``/api/v1``: JSON in, JSON out; errors are RFC 9457 problems, which the kit writes."""

from __future__ import annotations

from flask import Blueprint

from . import me, notes, uploads

blueprint = Blueprint("api_v1", __name__, url_prefix="/api/v1")
blueprint.register_blueprint(me.blueprint)
blueprint.register_blueprint(notes.blueprint)
blueprint.register_blueprint(uploads.blueprint)
