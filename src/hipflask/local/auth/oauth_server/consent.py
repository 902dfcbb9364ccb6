"""/oauth/authorizations/…: the project's consent page asks what is wanted, and says the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias
from uuid import uuid4

from hipflask.local.auth import redirects
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.oauth_server import authorizations, clients, consents, scopes
from hipflask.local.auth.oauth_server.authorizations import Authorization, error_url
from hipflask.local.auth.oauth_server.switch import require_enabled
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.users import User

routes = Routes()
_Decision: TypeAlias = Callable[["Tx", Authorization], Answer]


@routes.get("/oauth/authorizations/<authorization_id>")
def details(call: Call, authorization_id: str) -> Answer:
    """Return what is asked for; or, when that was granted before, where to go at once.

    The first user who looks owns the request; for others it does not exist.
    """
    user = _require_user(call)

    def show(tx: Tx, asked: Authorization) -> Answer:
        if asked.user_id is None:
            asked.user_id = user.id
            granted = consents.active_scopes(tx, user.id, asked.client_id)
            if granted is not None and set(scopes.parsed(asked.scope)) <= set(granted):
                return _approved(call, tx, asked)
            authorizations.save(tx, asked, call.now)
        client = clients.find(tx, asked.client_id)
        if asked.user_id != user.id or client is None:
            raise _not_found()
        shown = {"id": str(user.id)} | ({"email": user.email} if user.email else {})
        return Answer(
            {
                "authorization_id": asked.authorization_id,
                "redirect_uri": asked.redirect_uri,
                "client": client.as_details(),
                "user": shown,
                "scope": asked.scope,
            }
        )

    return _decided(call, authorization_id, "authorization request cannot be processed", show)


@routes.post("/oauth/authorizations/<authorization_id>/consent")
def consent(call: Call, authorization_id: str) -> Answer:
    """Approve or deny, and return where the browser goes with it."""
    user = _require_user(call)
    action = call.text("action")
    if action not in ("approve", "deny"):
        raise AuthApiError("validation_failed", "action must be 'approve' or 'deny'")

    def decide(tx: Tx, asked: Authorization) -> Answer:
        if asked.user_id != user.id:
            raise _not_found()
        if action == "approve":
            wanted = scopes.parsed(asked.scope)
            consents.grant(tx, user.id, asked.client_id, wanted, call.now)
            return _approved(call, tx, asked)
        asked.status = "denied"
        authorizations.save(tx, asked, call.now)
        why = "User denied the request"
        url = error_url(asked.redirect_uri, "access_denied", why, asked.state)
        return Answer({"redirect_url": url})

    return _decided(call, authorization_id, "authorization request is no longer pending", decide)


def _require_user(call: Call) -> User:
    require_enabled(call)
    user, _ = call.require_user()
    origin = call.request.headers.get("Origin", "")
    if origin and not redirects.is_allowed(origin, call.config):
        raise AuthApiError("validation_failed", "unauthorized request origin")
    return user


def _not_found() -> AuthApiError:
    return AuthApiError("oauth_authorization_not_found", "authorization not found")


def _approved(call: Call, tx: Tx, asked: Authorization) -> Answer:
    if clients.find(tx, asked.client_id) is None:  # deleted meanwhile
        raise _not_found()
    asked.status, asked.code = "approved", str(uuid4())
    authorizations.save(tx, asked, call.now)
    return Answer({"redirect_url": asked.success_url()})


def _decided(call: Call, authorization_id: str, over: str, decide: _Decision) -> Answer:
    """Let ``decide`` answer while the request is held; ``over`` is said when it is settled."""
    with call.transaction() as tx:
        asked = authorizations.lock(tx, authorization_id.replace("\0", "\ufffd"))
        if asked is None:
            raise _not_found()
        expired = asked.is_expired(call.now)
        if expired and asked.status == "pending":
            asked.status = "expired"
            authorizations.save(tx, asked, call.now)
        if not expired and asked.status != "pending":
            raise AuthApiError("validation_failed", over)
        if not expired:
            return decide(tx, asked)
    raise _not_found()
