"""GET /NAME/.well-known/openid-configuration and /NAME/jwks (OpenID Connect Discovery 1.0)."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from hipflask.local.identity import id_tokens
from hipflask.local.identity.provider import current, known

blueprint = Blueprint("discovery", __name__)

CLAIMS = (
    *("aud", "iss", "sub", "iat", "exp", "auth_time", "nonce", "at_hash", "azp"),
    *("name", "given_name", "family_name", "preferred_username", "picture"),
    *("email", "email_verified", "hd"),
)


@blueprint.get("/<name>/.well-known/openid-configuration")
def openid_configuration(name: str) -> ResponseReturnValue:
    """Say where everything is."""
    issuer = current().issuer(known(name))
    return jsonify(
        issuer=issuer,
        authorization_endpoint=f"{issuer}/authorize",
        token_endpoint=f"{issuer}/token",
        userinfo_endpoint=f"{issuer}/userinfo",
        revocation_endpoint=f"{issuer}/revoke",
        jwks_uri=f"{issuer}/jwks",
        scopes_supported=["openid", "email", "profile", "offline_access"],
        response_types_supported=["code"],
        response_modes_supported=["query"],
        grant_types_supported=["authorization_code", "refresh_token"],
        subject_types_supported=["public"],
        id_token_signing_alg_values_supported=[id_tokens.ALGORITHM],
        token_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post"],
        code_challenge_methods_supported=["S256", "plain"],
        claims_supported=list(CLAIMS),
        prompt_values_supported=["none", "login", "consent", "select_account"],
        ui_locales_supported=["en", "zh-Hans"],
        claims_parameter_supported=False,
        request_parameter_supported=False,
        request_uri_parameter_supported=False,
        authorization_response_iss_parameter_supported=True,
    )


@blueprint.get("/<name>/jwks")
def jwks(name: str) -> ResponseReturnValue:
    """Return the public key that verifies ID tokens."""
    known(name)
    return jsonify(keys=[id_tokens.signing_key().public_jwk])
