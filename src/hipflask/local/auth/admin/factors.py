"""/admin/users/ID/factors: a user's second factors, of which there are none yet."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from hipflask.local.auth.admin.actor import require_admin
from hipflask.local.auth.admin.user import find_user
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.routes import Answer, Routes
from hipflask.local.auth.user_shape import user_json

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

routes = Routes()


@routes.get("/admin/users/<user_id>/factors")
def list_factors(call: Call, user_id: str) -> Answer:
    """Return what auth.mfa_factors holds of the user."""
    require_admin(call)
    return Answer(user_json(find_user(call, user_id)).get("factors", []))


@routes.put("/admin/users/<user_id>/factors/<factor_id>")
@routes.delete("/admin/users/<user_id>/factors/<factor_id>")
def change_factor(call: Call, user_id: str, factor_id: str) -> Answer:
    """Refuse: no factor can have been enrolled."""
    require_admin(call)
    find_user(call, user_id)
    try:
        UUID(factor_id)
    except ValueError:
        raise AuthApiError("validation_failed", "factor_id must be an UUID", status=404) from None
    raise AuthApiError("mfa_factor_not_found", "Factor not found")
