"""/admin/users/ID/factors: a user's second factors, seen, renamed and taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipflask.local.auth import audit
from hipflask.local.auth.admin.actor import require_admin
from hipflask.local.auth.admin.user import find_user
from hipflask.local.auth.factors import factor as factors
from hipflask.local.auth.phones import checked_phone
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

routes = Routes()


@routes.get("/admin/users/<user_id>/factors")
def list_factors(call: Call, user_id: str) -> Answer:
    """Return the user's factors, oldest first, without their secrets."""
    require_admin(call)
    user = find_user(call, user_id)
    with call.reading() as tx:
        return Answer([factor.as_json() for factor in factors.of_user(tx, user.id)])


@routes.put("/admin/users/<user_id>/factors/<factor_id>")
def update_factor(call: Call, user_id: str, factor_id: str) -> Answer:
    """Rename a factor, or change the number of one that is a phone."""
    actor = require_admin(call)
    user = find_user(call, user_id)
    with call.transaction() as tx:
        factor = factors.find(tx, user.id, factor_id)
        phone = call.text("phone") if factor.factor_type == "phone" else ""
        phone = checked_phone(phone) if phone else ""
        name = factors.checked_name(call.text("friendly_name"))
        factors.rename(tx, factor, friendly_name=name, phone=phone, now=call.now)
        traits = {
            "user_id": str(user.id),
            "factor_id": str(factor.id),
            "factor_type": factor.factor_type,
        }
        audit.write(tx, actor, "factor_updated", now=call.now, traits=traits)
    return Answer(factor.as_json())


@routes.delete("/admin/users/<user_id>/factors/<factor_id>")
def delete_factor(call: Call, user_id: str, factor_id: str) -> Answer:
    """Take a factor away, as for a user who has lost it."""
    require_admin(call)
    user = find_user(call, user_id)
    with call.transaction() as tx:
        factor = factors.find(tx, user.id, factor_id)
        factors.delete(tx, factor)
        traits = {"user_id": str(user.id), "factor_id": str(factor.id)}
        audit.write(tx, user, "factor_deleted", now=call.now, address=call.address, traits=traits)
    return Answer(factor.as_json())
