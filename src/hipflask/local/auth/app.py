"""The Auth service as a WSGI app: routes in, GoTrue's answers out."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg_pool import PoolTimeout
from werkzeug import Request
from werkzeug.datastructures import Headers
from werkzeug.urls import iri_to_uri

from hipflask.local.auth import (
    failures,
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
from hipflask.local.auth.cleanup import Cleanup
from hipflask.local.auth.external import authorize, callback, custom_admin, unlink
from hipflask.local.auth.factors import endpoints as factor_endpoints
from hipflask.local.auth.factors import enrolling as factor_enrolling
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
from hipflask.local.auth.route_table import RouteTable
from hipflask.local.auth.routes import Answer, Routes
from hipflask.local.auth.sso import admin as admin_sso

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from hipflask.local.auth.context import AuthContext

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
    factor_enrolling.routes,
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


_CHANGING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class AuthRequest(Request):
    """A request whose body is held to GoTrue's limit."""

    max_content_length = LARGEST_BODY


class AuthApp:
    """Answers GoTrue's paths, without their /auth/v1 prefix.

    A plain WSGI app: with Flask's dispatching, a request for the signed-in user costs a third more.
    """

    def __init__(self, context: AuthContext) -> None:
        redirects.check_patterns(context.config)
        self.context = context
        self._routes = _route_table()
        self._cleanup = Cleanup(context.pool, context.config)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = AuthRequest(environ)
        try:
            answer = self._answer(request)
            if answer.status < 300 and request.method in _CHANGING:
                self._cleanup.maybe(self.context.clock.now())
        except Exception as error:
            answer = failures.answer_to(error, request)
        return _sent(answer, request, start_response)

    def _answer(self, request: AuthRequest) -> Answer:
        handler, values = self._routes.find(request)
        try:
            return handler(Call(self.context, request), **values)
        except psycopg.OperationalError as error:
            if not isinstance(error, PoolTimeout):
                # The server may have gone: let no other request find out.
                self.context.pool.check()
            raise


@functools.cache
def _route_table() -> RouteTable:
    return RouteTable(ENDPOINTS)


def _sent(answer: Answer, request: Request, start_response: StartResponse) -> Iterable[bytes]:
    headers = Headers(answer.headers)  # refuses line breaks
    raw = b""
    if answer.body is not None:
        text = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":"))
        # An error may quote what came in, and a token's header may hold a lone surrogate.
        raw = text.encode(errors="replace")
        headers["Content-Type"] = "application/json"
    if "Location" in headers:
        headers["Location"] = iri_to_uri(headers["Location"])
    if answer.status not in (204, 304):
        headers["Content-Length"] = str(len(raw))
    start_response(_status_line(answer.status), headers.to_wsgi_list())
    return [raw] if raw and request.method != "HEAD" else []


@functools.cache
def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:  # a trigger may choose any
        return f"{status} Error"
