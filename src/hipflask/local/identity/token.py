"""POST /NAME/token: a code becomes an access token and an ID token (OpenID Connect Core 3.1.3)."""

from __future__ import annotations

from flask import Blueprint, jsonify, make_response, request
from flask.typing import ResponseReturnValue

from hipflask.local.identity import id_tokens
from hipflask.local.identity.client import require_client
from hipflask.local.identity.failures import SLOW_SECONDS, Failure
from hipflask.local.identity.grants import TOKEN_LIFETIME
from hipflask.local.identity.provider import current, known
from hipflask.local.identity.refusals import Refused

blueprint = Blueprint("token", __name__)


@blueprint.post("/<name>/token")
def token(name: str) -> ResponseReturnValue:
    """Change the code, once."""
    provider = current()
    known(name)
    try:
        repeated = [key for key, values in request.form.lists() if len(values) > 1]
        if repeated:
            raise Refused("invalid_request", f"{', '.join(repeated)}: sent more than once.")
        require_client(request.form, request.headers.get("Authorization", ""))
        if request.form.get("grant_type") != "authorization_code":
            raise Refused("unsupported_grant_type", "Only authorization_code is served.")
        grant, access_token = provider.grants.redeem(name, request.form)
    except Refused as error:
        response = make_response(jsonify(error.body), error.status)
        if error.status == 401:
            response.headers["WWW-Authenticate"] = 'Basic realm="token"'
        return response
    if grant.failure is Failure.TOKEN_DOWN:
        response = make_response("The provider is down, as asked for on its page.\n", 503)
        response.content_type = "text/plain; charset=utf-8"
        return response
    if grant.failure is Failure.TOKEN_SLOW:
        provider.pause(SLOW_SECONDS)
    return jsonify(
        access_token=access_token,
        token_type="Bearer",
        expires_in=int(TOKEN_LIFETIME.total_seconds()),
        scope=grant.request.scope or "openid",
        id_token=id_tokens.id_token(
            grant, provider.issuer(name), access_token, provider.clock.now()
        ),
    )
