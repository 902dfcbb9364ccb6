"""DELETE /user/identities/ID: one way less to sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from hipflask.local.auth import audit, identities, mail_flows, users, verification
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.external import addresses
from hipflask.local.auth.external.arrivals import traits_of
from hipflask.local.auth.external.authorize import require_manual_linking
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.identities import Identity
    from hipflask.local.auth.users import User

routes = Routes()


@routes.delete("/user/identities/<identity_id>")
def unlink(call: Call, identity_id: str) -> Answer:
    """Delete the identity, never the last one, and let the user's address follow."""
    asking, _ = call.require_user()
    require_manual_linking(call)
    try:
        wanted = UUID(identity_id)
    except ValueError:
        raise AuthApiError("validation_failed", "identity_id must be an UUID", status=404) from None
    if call.token_audience != call.audience:
        raise AuthApiError("unexpected_audience", "Token audience doesn't match request audience")
    recipient = asking.email
    with call.transaction() as tx:
        # Locked, so that two requests at once cannot take the last two identities.
        tx.execute("select from auth.users where id = %s for update", (asking.id,))
        user = users.find_by_id(tx, asking.id)
        if user is None:
            raise AuthApiError(
                "user_not_found", "User from sub claim in JWT does not exist", status=403
            )
        identity = _chosen(user, wanted)
        _remove(call, tx, user, identity)
    mail_flows.notify(call, "identity_unlinked", recipient, user, Provider=identity.provider)
    return Answer({})


def _chosen(user: User, wanted: UUID) -> Identity:
    if len(user.identities) <= 1:
        raise AuthApiError(
            "single_identity_not_deletable",
            "User must have at least 1 identity after unlinking",
        )
    found = next((one for one in user.identities if one.id == wanted), None)
    if found is None:
        raise AuthApiError("identity_not_found", "Identity doesn't exist")
    return found


def _remove(call: Call, tx: Tx, user: User, identity: Identity) -> None:
    audit.write(
        tx,
        user,
        "identity_unlinked",
        now=call.now,
        address=call.address,
        traits=traits_of(identity),
    )
    identities.delete(tx, identity.id)
    user.identities = [one for one in user.identities if one.id != identity.id]
    if identity.provider == "phone":
        user.phone, user.phone_confirmed_at = "", None
        users.save(tx, user, "phone", "phone_confirmed_at", now=call.now)
    else:
        try:
            addresses.follow_identities(call, tx, user)
        except addresses.AddressTaken:
            raise AuthApiError(
                "email_conflict_identity_not_deletable",
                "Unable to unlink identity due to email conflict",
            ) from None
    verification.update_providers(call, tx, user)
