"""``/api/v1/me``: who the caller is."""

from __future__ import annotations

from flask import Blueprint

from .caller import caller, caller_required

blueprint = Blueprint("me", __name__)


@blueprint.get("/me")
@caller_required
def show() -> dict[str, str | None]:
    """Return the caller's id and address."""
    user = caller()
    return {"id": user.id, "email": user.email}
