"""POST /oauth/token: a code or a refresh token against tokens (RFC 6749 sections 4.1.3 and 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

from hipflask.local.auth import refresh_tokens, sign_in, users
from hipflask.local.auth.errors import OAuthError
from hipflask.local.auth.oauth_server import authorizations, client_auth, id_tokens, scopes
from hipflask.local.auth.oauth_server.switch import require_enabled
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.access_tokens import TokenResponse
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.oauth_server.authorizations import Authorization
    from hipflask.local.auth.oauth_server.clients import Client
    from hipflask.local.auth.users import User

routes = Routes()
_METHOD: Final = "oauth_provider/authorization_code"
#: A session's id follows from its code, so that a code that comes again names what it opened.
_SESSIONS: Final = UUID("5f1d2d52-6f0c-4a39-9a4e-0b8f6f6f3c11")
_NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}  # RFC 6749 section 5.1


@routes.post("/oauth/token")
def token(call: Call) -> Answer:
    """Answer with tokens, as ``grant_type`` asks."""
    require_enabled(call)
    given = client_auth.parameters(call)
    client = client_auth.require_client(call, given)
    grant_type = given.get("grant_type", "")
    if not grant_type:
        raise OAuthError("invalid_request", "grant_type is required")
    if grant_type not in client.grant_types:
        raise OAuthError(
            "unsupported_grant_type", f"Client is not allowed to use grant type: {grant_type}"
        )
    if grant_type == "authorization_code":
        return Answer(_by_code(call, client, given), headers=_NO_STORE)
    return Answer(_by_refresh_token(call, client, given), headers=_NO_STORE)


def _by_code(call: Call, client: Client, given: Mapping[str, str]) -> dict[str, Any]:
    code = given.get("code", "")
    if not code:
        raise OAuthError("invalid_request", "code is required for authorization_code grant")
    session_id = uuid5(_SESSIONS, code)
    with call.transaction() as tx:
        asked = authorizations.lock_by_code(tx, code)
        if asked is not None:
            _require_same(call, asked, client, given)
            user = _require_user(call, tx, asked)
            wanted = scopes.parsed(asked.scope)
            id_token = id_tokens.signed(call, user, asked) if "openid" in wanted else ""
            authorizations.delete(tx, asked)
            traits = {"provider_type": "oauth_provider_authorization_code"}
            opened = sign_in.open_session(
                call,
                tx,
                user,
                _METHOD,
                traits=traits | {"client_id": str(client.id)},
                session_id=session_id,
                oauth_client_id=client.id,
                scopes=asked.scope,
            )
            return _shape(opened) | ({"id_token": id_token} if id_token else {})
        # The code was traded: somebody else may have it (RFC 6749 section 4.1.2).
        tx.execute(
            "delete from auth.sessions where id = %s and oauth_client_id = %s",
            (session_id, client.id),
        )
    raise OAuthError("invalid_grant", "Invalid authorization code")


def _require_same(
    call: Call, asked: Authorization, client: Client, given: Mapping[str, str]
) -> None:
    """Raise invalid_grant unless the code is traded by whom and for what it was given."""
    if asked.is_expired(call.now):
        raise OAuthError("invalid_grant", "Authorization code has expired")
    if asked.client_id != client.id:
        raise OAuthError("invalid_grant", "Authorization code was not issued for this client")
    if given.get("resource", "") not in ("", asked.resource):
        raise OAuthError(
            "invalid_grant", "Authorization code resource does not match the resource parameter"
        )
    if given.get("redirect_uri", "") not in ("", asked.redirect_uri):
        raise OAuthError("invalid_grant", "Invalid redirect_uri")
    verifier = given.get("code_verifier", "")
    if not verifier:
        raise OAuthError(
            "invalid_grant",
            "PKCE verification failed: code_verifier is required when PKCE challenge is present",
        )
    if not asked.proves(verifier):
        raise OAuthError(
            "invalid_grant",
            "PKCE verification failed: code challenge does not match previously saved code "
            "verifier",
        )


def _require_user(call: Call, tx: Tx, asked: Authorization) -> User:
    user = users.find(tx, "u.id = %s", asked.user_id)
    if user is None:
        raise OAuthError("invalid_grant", "User not found for authorization code")
    if user.is_banned(call.now):
        raise OAuthError("access_denied", "User is banned")
    return user


def _by_refresh_token(call: Call, client: Client, given: Mapping[str, str]) -> dict[str, Any]:
    """Trade a refresh token. The scopes stay the session's, whatever is asked for."""
    refresh_token = given.get("refresh_token", "")
    if not refresh_token:
        raise OAuthError("invalid_request", "refresh_token is required for refresh_token grant")
    refresh_tokens.require_well_formed(refresh_token)
    return _shape(refresh_tokens.refresh(call, refresh_token, oauth_client_id=client.id))


def _shape(opened: TokenResponse) -> dict[str, Any]:
    return {
        "access_token": opened.access_token,
        "token_type": "bearer",
        "expires_in": opened.expires_in,
        "refresh_token": opened.refresh_token,
    }
