"""Who the audit log names when an admin acts: a role, for a secret key has no user."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from hipflask.local.auth import users
from hipflask.local.auth.context import AUDIENCE

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.users import User


def require_admin(call: Call) -> User:
    """Return the acting role in the shape of a user, or raise not_admin."""
    role = str(call.require_admin()["role"])
    actor = users.new_user(audience=AUDIENCE, role=role, now=call.now, email=role)
    actor.id = UUID(int=0)
    return actor


def traits(user: User) -> dict[str, str]:
    """Return what the audit log says about the user who was acted upon."""
    return {"user_id": str(user.id), "user_email": user.email, "user_phone": user.phone}
