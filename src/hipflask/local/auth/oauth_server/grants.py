"""/user/oauth/grants: the applications that a user let in, and showing one out."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from hipflask.local.auth import audit
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.oauth_server import clients, consents, scopes
from hipflask.local.auth.oauth_server.switch import require_enabled
from hipflask.local.auth.routes import Answer, Routes
from hipflask.local.auth.timestamps import rfc3339

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

routes = Routes()


@routes.get("/user/oauth/grants")
def list_grants(call: Call) -> Answer:
    """Return the user's grants, newest first; those of deleted clients are left out."""
    user, _ = call.require_user()
    require_enabled(call)
    with call.reading() as tx:
        rows = tx.execute(
            """select client_id, scopes, granted_at from auth.oauth_consents
                where user_id = %s and revoked_at is null order by granted_at desc""",
            (user.id,),
        ).fetchall()
        found = [(clients.find(tx, client_id), *rest) for client_id, *rest in rows]
    return Answer(
        [
            {
                "client": client.as_details(),
                "scopes": scopes.parsed(granted),
                "granted_at": rfc3339(granted_at),
            }
            for client, granted, granted_at in found
            if client is not None
        ]
    )


@routes.delete("/user/oauth/grants")
def revoke_grant(call: Call) -> Answer:
    """End what the user granted to ``client_id``, its sessions and refresh tokens with it."""
    user, _ = call.require_user()
    require_enabled(call)
    asked = call.request.args.get("client_id", "")
    if not asked:
        raise AuthApiError("validation_failed", "client_id query parameter is required")
    try:
        client_id = UUID(asked)
    except ValueError:
        raise AuthApiError("validation_failed", "invalid client_id format") from None
    with call.transaction() as tx:
        if not consents.revoke(tx, user.id, client_id, call.now):
            raise AuthApiError("oauth_consent_not_found", "No active grant found for this client")
        told = {"oauth_client_id": str(client_id), "action": "revoke_oauth_grant"}
        audit.write(tx, user, "token_revoked", now=call.now, traits=told)
    return Answer(None, status=204)
