"""POST /logout: end this session, the others, or all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipflask.local.auth import audit, sessions
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

routes = Routes()


@routes.post("/logout")
def logout(call: Call) -> Answer:
    """End sessions by the query's ``scope``: global (the default), local or others."""
    user, session = call.require_user()
    scope = call.request.args.get("scope") or "global"
    if scope not in ("global", "local", "others"):
        raise AuthApiError("validation_failed", f'Unsupported logout scope "{scope}"')
    with call.transaction() as tx:
        audit.write(tx, user, "logout", now=call.now)
        if session is None or scope == "global":  # a token without a session can only end all
            sessions.end_all(tx, user.id)
        elif scope == "local":
            sessions.end(tx, session.id)
        else:
            sessions.end_all(tx, user.id, except_for=session.id)
    return Answer(None, 204)
