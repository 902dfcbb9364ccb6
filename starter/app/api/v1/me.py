"""``/api/v1/me``: who the caller is."""

from __future__ import annotations

from msgspec import Struct

from hipflask import api

from .caller import caller

me = api.Resource("me", "/me", "Who the caller is.")


class Me(Struct):
    """The caller."""

    id: str
    email: str | None


@me.get()
def show() -> Me:
    """Say who calls."""
    user = caller()
    return Me(user.id, user.email)
