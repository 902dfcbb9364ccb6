"""GET /oauth/userinfo: what the scopes let an application see (OpenID Connect Core 5.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hipflask.local.auth.oauth_server import scopes
from hipflask.local.auth.oauth_server.switch import require_enabled
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

routes = Routes()


@routes.get("/oauth/userinfo")
def userinfo(call: Call) -> Answer:
    """Return the claims of the token's session; without scopes only who it is."""
    require_enabled(call)
    user, session = call.require_user()
    granted = scopes.parsed(session.scopes or "") if session is not None else []
    claims: dict[str, Any] = {"sub": str(user.id)}
    if "email" in granted:
        claims |= {"email": user.email} if user.email else {}
        claims |= {"email_verified": True} if user.is_confirmed else {}
    if "profile" in granted:
        claims |= scopes.profile_claims(user) | {"user_metadata": user.user_metadata}
    if "phone" in granted:
        claims |= {"phone": user.phone} if user.phone else {}
        claims |= {"phone_verified": True} if user.phone_confirmed_at is not None else {}
    return Answer(claims)
