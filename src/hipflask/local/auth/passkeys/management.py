"""GET /passkeys, PATCH and DELETE /passkeys/ID: a user's own passkeys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hipflask.local.auth import audit
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.passkeys import credentials
from hipflask.local.auth.passkeys.owner import require_owner
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

routes = Routes()

#: In bytes, as GoTrue counts, though its message speaks of characters.
_LONGEST_NAME: Final = 120


@routes.get("/passkeys")
def list_passkeys(call: Call) -> Answer:
    """Return the user's passkeys, oldest first."""
    user = require_owner(call)
    with call.reading() as tx:
        return Answer([one.as_json() for one in credentials.of_user(tx, user.id)])


@routes.add("PATCH", "/passkeys/<passkey_id>")
def rename(call: Call, passkey_id: str) -> Answer:
    """Give a passkey another name."""
    user = require_owner(call)
    name = call.text("friendly_name")
    if not name:
        raise AuthApiError("validation_failed", "friendly_name is required")
    if len(name.encode(errors="replace")) > _LONGEST_NAME:
        raise AuthApiError("validation_failed", "friendly_name must be 120 characters or less")
    with call.transaction() as tx:
        found = credentials.find(tx, passkey_id, user.id)
        credentials.rename(tx, found, name, now=call.now)
        traits = {"passkey_id": str(found.id)}
        audit.write(tx, user, "passkey_updated", now=call.now, address=call.address, traits=traits)
    return Answer(found.as_json())


@routes.delete("/passkeys/<passkey_id>")
def delete(call: Call, passkey_id: str) -> Answer:
    """Forget a passkey; the authenticator's half of it opens nothing any more."""
    user = require_owner(call, second_factor=True)
    with call.transaction() as tx:
        found = credentials.find(tx, passkey_id, user.id)
        credentials.delete(tx, found)
        traits = {"passkey_id": str(found.id)}
        audit.write(tx, user, "passkey_deleted", now=call.now, address=call.address, traits=traits)
    return Answer(None, 204)
