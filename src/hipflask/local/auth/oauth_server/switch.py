"""Whether the OAuth server is on, and the answers to paths and methods that nobody serves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

routes = Routes()
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
#: What is served: the paths below take the place of Werkzeug's own "Method Not Allowed".
_SERVED: Final = {
    r"/oauth/(authorize|userinfo|authorizations/[^/]+)": "GET",
    r"/oauth/(token|clients/register|authorizations/[^/]+/consent)": "POST",
    r"/user/oauth/grants": "GET, DELETE",
    r"/admin/oauth/clients": "GET, POST",
    r"/admin/oauth/clients/[^/]+": "GET, PUT, DELETE",
    r"/admin/oauth/clients/[^/]+/regenerate_secret": "POST",
}


def require_enabled(call: Call) -> None:
    """Raise feature_disabled unless ``[auth.oauth_server]`` is enabled."""
    if not call.config.oauth_server.enabled:
        raise AuthApiError("feature_disabled", "OAuth server is disabled")


def _no_such_path(call: Call, _rest: str = "") -> Answer:
    require_enabled(call)
    for pattern, methods in _SERVED.items():
        if re.fullmatch(pattern, call.request.path.rstrip("/")):
            allow = {"Allow": methods}
            raise AuthApiError("unknown", "Method Not Allowed", status=405, headers=allow)
    raise AuthApiError("unknown", "404 page not found")


def _no_such_path_of_users(call: Call, _rest: str = "") -> Answer:
    call.require_user()
    return _no_such_path(call)


def _no_such_path_of_admins(call: Call, _rest: str = "") -> Answer:
    call.require_admin()
    return _no_such_path(call)


for _prefix, _handler in (
    ("/oauth", _no_such_path),
    ("/user/oauth/grants", _no_such_path_of_users),
    ("/admin/oauth", _no_such_path_of_admins),
):
    for _method in _METHODS:
        routes.add(_method, _prefix)(_handler)
        routes.add(_method, f"{_prefix}/<path:_rest>")(_handler)
