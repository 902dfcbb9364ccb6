"""GET /oauth/authorize: an application sends the browser here (RFC 6749 section 4.1.1)."""

from __future__ import annotations

import secrets
import string
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import psycopg

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.oauth_server import authorizations, clients, scopes
from hipflask.local.auth.oauth_server.authorizations import LIFETIME, Authorization, error_url
from hipflask.local.auth.oauth_server.switch import require_enabled
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

routes = Routes()
_LETTERS: Final = string.ascii_lowercase + string.digits


@routes.get("/oauth/authorize")
def authorize(call: Call) -> Answer:
    """Keep the request and lead to the project's consent page.

    Errors about the client and its redirect URI are shown here: to lead there would make this an
    open redirector (RFC 6749 section 4.1.2.1).
    """
    require_enabled(call)
    asked = _read(call)
    fault = _fault_of(call, asked)
    if fault:
        return _lead(error_url(asked.redirect_uri, "invalid_request", fault, asked.state))
    path = call.config.oauth_server.authorization_url_path
    if not path:
        why = "oauth authorization path not configured"
        return _lead(error_url(asked.redirect_uri, "server_error", why, asked.state))
    try:
        with call.reading() as tx:
            authorizations.insert(tx, asked, call.now)
    except (psycopg.errors.CheckViolation, psycopg.errors.ForeignKeyViolation):
        why = "error creating authorization"
        return _lead(error_url(asked.redirect_uri, "server_error", why, asked.state))
    page = f"{call.config.site_url.rstrip('/')}/{path.removeprefix('/')}"
    return _lead(f"{page}?authorization_id={asked.authorization_id}")


def _lead(url: str) -> Answer:
    return Answer(None, 302, {"Location": url})


def _value(call: Call, name: str) -> str:
    return call.request.args.get(name, "").replace("\0", "\ufffd")


def _read(call: Call) -> Authorization:
    """Read the query, or refuse what must not be answered by a redirect."""
    client_id, redirect_uri = _value(call, "client_id"), _value(call, "redirect_uri")
    for name, value in (("client_id", client_id), ("redirect_uri", redirect_uri)):
        if not value:
            raise AuthApiError("validation_failed", f"{name} is required")
    try:
        wanted = UUID(client_id)
    except ValueError:
        raise AuthApiError(
            "oauth_client_not_found", "invalid client_id format", status=400
        ) from None
    with call.reading() as tx:
        client = clients.find(tx, wanted)
    if client is None:
        raise AuthApiError("oauth_client_not_found", "invalid client_id", status=400)
    if redirect_uri not in client.redirect_uris:
        raise AuthApiError("validation_failed", "invalid redirect_uri")
    return Authorization(
        id=uuid4(),
        authorization_id="".join(secrets.choice(_LETTERS) for _ in range(32)),
        client_id=client.id,
        user_id=None,
        redirect_uri=redirect_uri,
        scope=_value(call, "scope") or scopes.DEFAULT,
        state=_value(call, "state"),
        resource=_value(call, "resource"),
        code_challenge=_value(call, "code_challenge"),
        code_challenge_method=_value(call, "code_challenge_method").lower(),
        nonce=_value(call, "nonce"),
        status="pending",
        code="",
        expires_at=call.now + LIFETIME,
    )


def _fault_of(call: Call, asked: Authorization) -> str:
    if _value(call, "response_type") not in ("", "code"):
        return "only response_type=code is supported"
    wanted = scopes.parsed(asked.scope)
    if not wanted:
        return "scope parameter cannot be empty"
    for scope in wanted:
        if scope not in scopes.SUPPORTED:
            return f"unsupported scope: {scope}"
    return _fault_of_resource(asked.resource) or _fault_of_challenge(asked)


def _fault_of_resource(resource: str) -> str:
    """Return what is wrong with a resource indicator (RFC 8707 section 2), or ""."""
    if not resource:
        return ""
    try:
        parts = urlsplit(resource)
    except ValueError:
        return "resource must be a valid URI"
    if not parts.scheme:
        return "resource must be an absolute URI"
    if parts.fragment:
        return "resource must not include a fragment component"
    return "resource must not include a query component" if parts.query else ""


def _fault_of_challenge(asked: Authorization) -> str:
    """Return what is wrong with the PKCE challenge, which OAuth 2.1 demands, or ""."""
    if not asked.code_challenge or not asked.code_challenge_method:
        return "PKCE flow requires both code_challenge and code_challenge_method"
    if asked.code_challenge_method not in ("s256", "plain"):
        return "code_challenge_method must be 'S256' or 'plain'"
    if not 43 <= len(asked.code_challenge) <= 128:
        return "code_challenge must be between 43 and 128 characters"
    return ""
