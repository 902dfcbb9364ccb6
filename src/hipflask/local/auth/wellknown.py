"""GET /.well-known/…: how to verify our tokens (RFC 7517; OpenID Connect Discovery 1.0)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hipflask.local.auth.oauth_server.switch import require_enabled
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

routes = Routes()
_CACHED: Final = {"Cache-Control": "public, max-age=600"}


@routes.get("/.well-known/jwks.json")
def jwks(call: Call) -> Answer:
    """Return the public halves of the signing keys."""
    return Answer({"keys": list(call.context.key_ring.public_jwks)}, headers=_CACHED)


@routes.get("/.well-known/openid-configuration")
def openid_configuration(call: Call) -> Answer:
    """Return GoTrue's metadata. Clients read ``issuer`` and ``jwks_uri``."""
    return Answer(_metadata(call), headers=_CACHED)


def _metadata(call: Call) -> dict[str, Any]:
    """Return one document for both addresses: OpenID's extends OAuth's (RFC 8414)."""
    issuer = call.context.issuer
    base = issuer.rstrip("/")
    metadata: dict[str, Any] = {
        "issuer": issuer,
        "authorization_endpoint": f"{base}/oauth/authorize",
        "token_endpoint": f"{base}/oauth/token",
        "jwks_uri": f"{base}/.well-known/jwks.json",
        "userinfo_endpoint": f"{base}/oauth/userinfo",
        "scopes_supported": ["openid", "profile", "email", "phone", "offline_access"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "HS256", "ES256"],
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "none",
        ],
        "claims_supported": [
            "sub",
            "aud",
            "iss",
            "exp",
            "iat",
            "auth_time",
            "nonce",
            "email",
            "email_verified",
            "phone_number",
            "phone_number_verified",
            "name",
            "picture",
            "preferred_username",
            "updated_at",
        ],
        "code_challenge_methods_supported": ["S256", "plain"],
    }
    server = call.config.oauth_server
    if server.enabled and server.allow_dynamic_registration:
        metadata["registration_endpoint"] = f"{base}/oauth/clients/register"
    return metadata


@routes.get("/.well-known/oauth-authorization-server")
def oauth_authorization_server(call: Call) -> Answer:
    """Return the same by OAuth's name, where this project is an OAuth server."""
    require_enabled(call)
    return Answer(_metadata(call), headers=_CACHED)
