"""How an application proves itself at the token endpoint (RFC 6749 section 2.3)."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from uuid import UUID

from hipflask.local.auth.errors import AuthApiError, OAuthError
from hipflask.local.auth.oauth_server import clients
from hipflask.local.auth.oauth_server.clients import Client

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

_NAMES: Final = (
    *("grant_type", "code", "refresh_token", "redirect_uri"),
    *("client_id", "client_secret", "code_verifier", "resource"),
)


def parameters(call: Call) -> Mapping[str, str]:
    """Return the texts of a form or a JSON body; a form may lean on the query, as in GoTrue."""
    if "application/json" not in call.request.headers.get("Content-Type", ""):
        values = {**call.request.args.to_dict(), **call.request.form.to_dict()}
        return {name: text.replace("\0", "\ufffd") for name, text in values.items()}
    try:
        return {name: call.text(name) for name in _NAMES}
    except AuthApiError as error:
        if error.code != "bad_json":
            raise
    if _basic(call):  # who asks is known without the body
        raise OAuthError("invalid_request", "Invalid JSON body")
    raise _refusal("Invalid client credentials: failed to parse JSON body")


def require_client(call: Call, given: Mapping[str, str]) -> Client:
    """Return the client that asks, or raise invalid_credentials.

    It must use the one method that it is registered for; so a public client with a secret, or a
    confidential one without, is refused.
    """
    client_id, secret, method = _credentials(call, given)
    try:
        wanted = UUID(client_id)
    except ValueError:
        raise _refusal("Invalid client_id format") from None
    with call.reading() as tx:
        client = clients.find(tx, wanted)
    if client is None:
        raise _refusal("Invalid client credentials")
    if method != client.auth_method:
        raise _refusal(
            f"invalid authentication method: client is registered for '{client.auth_method}' "
            f"but '{method}' was used"
        )
    if not client.is_public and not secret:
        raise _refusal("confidential clients must provide client_secret")
    if not client.is_public and not client.knows(secret):
        raise _refusal("invalid client credentials")
    return client


def _credentials(call: Call, given: Mapping[str, str]) -> tuple[str, str, str]:
    if encoded := _basic(call):
        try:
            pair = b64decode(encoded, validate=True).decode()
        except (binascii.Error, ValueError):
            raise _refusal("Invalid client credentials: invalid basic auth encoding") from None
        name, colon, secret = pair.partition(":")
        if not colon:
            raise _refusal("Invalid client credentials: invalid basic auth format")
        return name, secret, "client_secret_basic"
    client_id, secret = given.get("client_id", ""), given.get("client_secret", "")
    if not client_id:
        raise _refusal("Invalid client credentials: client_id is required")
    return client_id, secret, "client_secret_post" if secret else "none"


def _basic(call: Call) -> str:
    header = call.request.headers.get("Authorization", "")
    return header.removeprefix("Basic ") if header.startswith("Basic ") else ""


def _refusal(message: str) -> AuthApiError:
    return AuthApiError("invalid_credentials", message)
