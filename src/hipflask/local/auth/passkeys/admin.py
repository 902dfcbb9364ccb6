"""/admin/users/ID/passkeys: any user's passkeys. Served even while passkeys are off, as GoTrue
does: what was registered before can still be looked at and removed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipflask.local.auth import audit
from hipflask.local.auth.admin.actor import require_admin
from hipflask.local.auth.admin.user import find_user
from hipflask.local.auth.passkeys import credentials
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

routes = Routes()


@routes.get("/admin/users/<user_id>/passkeys")
def list_passkeys(call: Call, user_id: str) -> Answer:
    """Return the user's passkeys, oldest first."""
    require_admin(call)
    user = find_user(call, user_id)
    with call.reading() as tx:
        return Answer([one.as_json() for one in credentials.of_user(tx, user.id)])


@routes.delete("/admin/users/<user_id>/passkeys/<passkey_id>")
def delete(call: Call, user_id: str, passkey_id: str) -> Answer:
    """Forget a passkey of the user."""
    actor = require_admin(call)
    user = find_user(call, user_id)
    with call.transaction() as tx:
        found = credentials.find(tx, passkey_id, user.id)
        credentials.delete(tx, found)
        traits = {"user_id": str(user.id), "passkey_id": str(found.id)}
        audit.write(tx, actor, "passkey_deleted", now=call.now, address=call.address, traits=traits)
    return Answer(None, 204)
