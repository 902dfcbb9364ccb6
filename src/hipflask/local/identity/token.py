"""POST /NAME/token: a code or a refresh token becomes tokens (OpenID Connect Core 3.1.3, 12)."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, make_response, request
from flask.typing import ResponseReturnValue

from hipflask.local.identity import id_tokens
from hipflask.local.identity.client import require_client
from hipflask.local.identity.failures import SLOW_SECONDS, Failure
from hipflask.local.identity.grants import TOKEN_LIFETIME, Given
from hipflask.local.identity.provider import current, known
from hipflask.local.identity.refusals import Refused

blueprint = Blueprint("token", __name__)


@blueprint.post("/<name>/token")
def token(name: str) -> ResponseReturnValue:
    """Change the code, once, or the refresh token, as often as one likes."""
    provider = current()
    known(name)
    grant_type = request.form.get("grant_type")
    try:
        _require_client()
        if grant_type == "authorization_code":
            given = provider.grants.redeem(name, request.form)
        elif grant_type == "refresh_token":
            given = provider.grants.refresh(name, request.form)
        else:
            why = "Only authorization_code and refresh_token are served."
            raise Refused("unsupported_grant_type", why)
    except Refused as error:
        return _refused(error)
    if grant_type == "authorization_code":
        if given.grant.failure is Failure.TOKEN_DOWN:
            response = make_response("The provider is down, as asked for on its page.\n", 503)
            response.content_type = "text/plain; charset=utf-8"
            return response
        if given.grant.failure is Failure.TOKEN_SLOW:
            provider.pause(SLOW_SECONDS)
    return jsonify(_answer(name, given, refreshed=grant_type == "refresh_token"))


@blueprint.post("/<name>/revoke")
def revoke(name: str) -> ResponseReturnValue:
    """End a token and what came with it; an unknown one is ended already (RFC 7009)."""
    known(name)
    try:
        _require_client()
        if not request.form.get("token"):
            raise Refused("invalid_request", "token is missing.")
    except Refused as error:
        return _refused(error)
    current().grants.revoke(name, request.form["token"])
    return jsonify({})


def _require_client() -> None:
    repeated = [key for key, values in request.form.lists() if len(values) > 1]
    if repeated:
        raise Refused("invalid_request", f"{', '.join(repeated)}: sent more than once.")
    require_client(request.form, request.headers.get("Authorization", ""))


def _refused(error: Refused) -> Response:
    response = make_response(jsonify(error.body), error.status)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="token"'
    return response


def _answer(name: str, given: Given, *, refreshed: bool) -> dict[str, object]:
    provider = current()
    answer: dict[str, object] = {
        "access_token": given.access_token,
        "token_type": "Bearer",
        "expires_in": int(TOKEN_LIFETIME.total_seconds()),
        "scope": " ".join(given.grant.request.scope.split()) or "openid",
        "id_token": id_tokens.id_token(
            given.grant,
            provider.issuer(name),
            given.access_token,
            provider.clock.now(),
            refreshed=refreshed,
        ),
    }
    return answer | ({"refresh_token": given.refresh_token} if given.refresh_token else {})
