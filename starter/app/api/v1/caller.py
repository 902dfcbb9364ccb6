"""Who calls: a program with an access token, or a script on our own pages with the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from hipflask import api_user, current_user

if TYPE_CHECKING:
    from hipflask import User


def caller() -> User:
    """Return the user that the API has let in."""
    return api_user if "Authorization" in request.headers else current_user
