"""GET /health: the service is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

routes = Routes()


@routes.get("/health")
def health(_call: Call) -> Answer:
    """Say what answers here. Clients look for GoTrue's name."""
    return Answer(
        {
            "version": "hipflask",
            "name": "GoTrue",
            "description": "GoTrue is a user registration and authentication API",
        }
    )
