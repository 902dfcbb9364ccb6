"""The Auth service as a Flask app: routes in, GoTrue's answers out."""

from __future__ import annotations

import functools
import json
import logging
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from uuid import uuid4

import psycopg
from flask import Flask, Response, request
from psycopg_pool import PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map

from hipflask.local.auth import (
    health,
    invite,
    logout,
    magiclink,
    not_served,
    otp,
    reauthenticate,
    recover,
    redirects,
    resend,
    settings,
    signup,
    token,
    user,
    verify,
    wellknown,
)
from hipflask.local.auth.admin import audit_log, factors, generate_link
from hipflask.local.auth.admin import user as admin_user
from hipflask.local.auth.admin import users as admin_users
from hipflask.local.auth.call import LARGEST_BODY, Call
from hipflask.local.auth.context import AuthContext
from hipflask.local.auth.errors import (
    API_VERSION_HEADER,
    AuthApiError,
    OAuthError,
    error_body,
    newest_version_at_most,
    request_too_large,
)
from hipflask.local.auth.external import authorize, callback, custom_admin, unlink
from hipflask.local.auth.factors import endpoints as factor_endpoints
from hipflask.local.auth.oauth_server import authorize as oauth_authorize
from hipflask.local.auth.oauth_server import consent as oauth_consent
from hipflask.local.auth.oauth_server import grants as oauth_grants
from hipflask.local.auth.oauth_server import registration as oauth_registration
from hipflask.local.auth.oauth_server import switch as oauth_switch
from hipflask.local.auth.oauth_server import token as oauth_token
from hipflask.local.auth.oauth_server import userinfo as oauth_userinfo
from hipflask.local.auth.passkeys import admin as admin_passkeys
from hipflask.local.auth.passkeys import authentication as passkey_authentication
from hipflask.local.auth.passkeys import management as passkey_management
from hipflask.local.auth.passkeys import registration as passkey_registration
from hipflask.local.auth.routes import Answer, Handler, Route, Routes
from hipflask.local.auth.sso import admin as admin_sso

_log = logging.getLogger(__name__)

#: One line per endpoint file; a new endpoint is a new line.
ENDPOINTS: Final[Sequence[Routes]] = (
    admin_passkeys.routes,
    admin_sso.routes,
    admin_user.routes,
    admin_users.routes,
    audit_log.routes,
    authorize.routes,
    callback.routes,
    custom_admin.routes,
    factors.routes,
    factor_endpoints.routes,
    generate_link.routes,
    health.routes,
    invite.routes,
    logout.routes,
    magiclink.routes,
    not_served.routes,
    oauth_authorize.routes,
    oauth_consent.routes,
    oauth_grants.routes,
    oauth_registration.routes,
    oauth_switch.routes,
    oauth_token.routes,
    oauth_userinfo.routes,
    otp.routes,
    passkey_authentication.routes,
    passkey_management.routes,
    passkey_registration.routes,
    reauthenticate.routes,
    recover.routes,
    resend.routes,
    settings.routes,
    signup.routes,
    token.routes,
    unlink.routes,
    user.routes,
    verify.routes,
    wellknown.routes,
)


def create_auth_app(context: AuthContext) -> Flask:
    """Return a WSGI app that answers GoTrue's paths, without their /auth/v1 prefix."""
    redirects.check_patterns(context.config)
    app = Flask("hipflask.local.auth", static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.url_map = _url_map()
    for route in _all_routes():
        endpoint = _endpoint(route.path, route.handler)
        app.view_functions[endpoint] = _view(context, route.handler)
    app.register_error_handler(Exception, _answer_error)
    return app


@functools.cache
def _url_map() -> Map:
    """Compile the routes once a process: Werkzeug takes 30 ms, a test has 30 ms for everything."""
    app = Flask("hipflask.local.auth", static_folder=None, template_folder=None)
    app.url_map.strict_slashes = False
    # Methods of one path with one handler are one rule: each rule costs the start 0.4 ms.
    methods: dict[tuple[str, Handler], list[str]] = {}
    for route in _all_routes():
        methods.setdefault((route.path, route.handler), []).append(route.method)
    for (path, handler), allowed in methods.items():
        app.add_url_rule(path, endpoint=_endpoint(path, handler), methods=allowed)
    return app.url_map


def _all_routes() -> Iterator[Route]:
    return (route for routes in ENDPOINTS for route in routes.all)


def _endpoint(path: str, handler: Handler) -> str:
    return f"{path} {id(handler)}"


def _view(context: AuthContext, handler: Handler) -> Callable[..., Response]:
    def view(**path_values: str) -> Response:
        try:
            return _response(handler(Call(context, request), **path_values))
        except psycopg.OperationalError as error:
            if not isinstance(error, PoolTimeout):
                context.pool.check()  # the server may have gone: let no other request find out
            raise

    return view


def _response(answer: Answer) -> Response:
    if answer.body is None:
        empty = Response(status=answer.status, headers=dict(answer.headers))
        del empty.headers["Content-Type"]  # of what?
        return empty
    return _json(answer.body, answer.status, dict(answer.headers))


def _json(body: Any, status: int, headers: dict[str, str]) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    # An error may quote what came in, and a token's header may hold a lone surrogate.
    raw = text.encode(errors="replace")
    return Response(raw, status=status, headers=headers, mimetype="application/json")


def _answer_error(error: Exception) -> Response:
    if isinstance(error, OAuthError):
        return _json(error.as_json(), 400, {"Cache-Control": "no-store"})
    refusal = _as_api_error(error)
    error_id = ""
    if refusal.status >= 500:
        error_id = str(uuid4())
        _log_failure(error_id, error)
    version = newest_version_at_most(request.headers.get(API_VERSION_HEADER, ""))
    headers = {**refusal.headers, "x-sb-error-code": refusal.code}
    if version:
        headers[API_VERSION_HEADER] = version
        return _json(error_body(refusal, version=version), refusal.status, headers)
    said_by_database = _from_database(error.__cause__) or _raised_by_project(error)
    if said_by_database is not None:
        return _json(*said_by_database, headers)
    return _json(error_body(refusal, error_id=error_id), refusal.status, headers)


def _log_failure(error_id: str, error: Exception) -> None:
    """Log what went wrong. Of a database error without its detail: that may be a whole row."""
    said = next((one for one in (error, error.__cause__) if isinstance(one, psycopg.Error)), None)
    where = (request.method, request.path, error_id)
    if said is None or said.sqlstate is None:
        _log.error("%s %s: error %s", *where, exc_info=error)
        return
    frames = "".join(traceback.format_tb(said.__traceback__)).rstrip()
    reason = said.diag.message_primary
    _log.error("%s %s: error %s: %s %s\n%s", *where, said.sqlstate, reason, frames)


def _as_api_error(error: Exception) -> AuthApiError:
    match error:
        case AuthApiError():
            return error
        case HTTPException(code=413):
            return request_too_large(LARGEST_BODY)
        case HTTPException(code=404):
            return AuthApiError("unknown", "404 page not found")
        case HTTPException(code=int(status)) if status < 500:
            allowed = error.get_response().headers.get("Allow")
            headers = {"Allow": allowed} if allowed else None
            return AuthApiError("unknown", error.name, status=status, headers=headers)
        case PoolTimeout():
            return AuthApiError(
                "request_timeout",
                "Processing this request timed out, please retry after a moment.",
            )
        case _:
            return AuthApiError(
                "unexpected_failure",
                "Unexpected failure, please check server logs for more information",
            )


def _raised_by_project(error: Exception) -> tuple[dict[str, Any], int] | None:
    """Return what a trigger of the project's own said on purpose, wherever it struck."""
    if isinstance(error, psycopg.errors.RaiseException) or (
        isinstance(error, psycopg.Error) and (error.sqlstate or "").startswith("PT")
    ):
        return _from_database(error)
    return None


def _from_database(cause: BaseException | None) -> tuple[dict[str, Any], int] | None:
    """Return what a trigger or constraint of the project's own SQL says, and its status.

    GoTrue shows integrity violations and ``raise exception`` as they are, and takes SQLSTATE
    ``PTxyz`` for status xyz (GoTrue, utilities/postgres.go).
    """
    if not isinstance(cause, psycopg.Error) or cause.sqlstate is None:
        return None
    state = cause.sqlstate
    if state.startswith("PT") and state[2:].isdigit():
        status = int(state[2:])
    elif state == "P0001" or state.startswith("23"):
        status = 500
    else:
        return None
    said = {
        "code": state,
        "message": cause.diag.message_primary,
        "hint": cause.diag.message_hint,
        # Of these two the detail is the whole row, with its hashes and tokens.
        "detail": None if state in ("23502", "23514") else cause.diag.message_detail,
    }
    return {name: text for name, text in said.items() if text}, status
