"""The gateway as one WSGI app."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from hipflask.local.gateway.access_log import AccessLog
from hipflask.local.gateway.api_keys import NEW_KEY, SECRET_IN_BROWSER, ApiKeys, Refused
from hipflask.local.gateway.cors import answer_headers, preflight_headers, without_cors
from hipflask.local.gateway.later import LATER, later_body, switched_off_body
from hipflask.protocol.clock import Clock, SystemClock

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

AUTH = "/auth/v1"
STORAGE = "/storage/v1"

# A person opens these from a mail, a provider sends a browser there, and a verifier of tokens
# fetches the public keys: none of them can send an API key. The first three are those of the
# Supabase CLI's Kong template (internal/start/templates/kong.yml), which asks for no key anywhere;
# the others are open in hosted projects.
OPEN_PATHS = (
    "/auth/v1/verify",
    "/auth/v1/callback",
    "/auth/v1/authorize",
    "/auth/v1/.well-known/",
    "/auth/v1/sso/saml/",
    # An application that signs people in through this project has no API key of it.
    "/auth/v1/oauth/authorize",
    "/auth/v1/oauth/token",
    "/auth/v1/oauth/userinfo",
    "/auth/v1/oauth/clients/register",
)
# Storage decides by itself, also about those who send no key: public objects, signed URLs, S3.
SELF_GUARDED = frozenset({STORAGE})
# A client of resumable uploads asks by OPTIONS what the server can; a browser's preflight differs.
_RESUMABLE = STORAGE + "/upload/resumable"
# Clients put the well-known part between host and path of the issuer (RFC 8414 section 3.1), and
# hosted projects name that address; the Kong template has the first one.
_METADATA = {
    "/.well-known/oauth-authorization-server": "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/auth/v1": "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration/auth/v1": "/.well-known/openid-configuration",
}


class Gateway:
    """Checks the API key, sets the role's token, and hands the request to its service."""

    def __init__(
        self,
        keys: ApiKeys,
        services: Mapping[str, WSGIApplication],
        *,
        switched_off: Mapping[str, tuple[str, str]],
        log: AccessLog | None,
        clock: Clock,
    ) -> None:
        self._keys = keys
        self._services = services
        self._switched_off = switched_off
        self._log = log
        self._clock = clock

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        started = time.perf_counter()
        statuses: list[str] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            statuses.append(status)
            every = without_cors(headers) + answer_headers()
            return start_response(status, every, exc_info)

        path = str(environ.get("PATH_INFO", ""))
        try:
            if _is_preflight(environ, path):
                asked = str(environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", ""))
                start_response("200 OK", [*preflight_headers(asked), ("Content-Length", "0")])
                statuses.append("200")
                return []
            return self._answer(environ, path, start)
        finally:
            if self._log is not None:
                taken = time.perf_counter() - started
                status = statuses[-1] if statuses else "500"
                method = str(environ["REQUEST_METHOD"])
                self._log.write(self._clock.now(), method, path, status, taken)

    def _answer(
        self, environ: WSGIEnvironment, path: str, start: Callable[..., Any]
    ) -> Iterable[bytes]:
        if path in _METADATA:
            path = environ["PATH_INFO"] = AUTH + _METADATA[path]
        prefix = self._prefix(path)
        if prefix is None:
            return _json(start, "404 Not Found", {"message": "no Route matched with those values"})
        if prefix in SELF_GUARDED:
            if (refused := self._let_in(environ)) is not None:
                return _json(start, "401 Unauthorized", refused.body)
        elif not path.startswith(OPEN_PATHS):
            apikey, authorization = _credentials(environ)
            agent = str(environ.get("HTTP_USER_AGENT", ""))
            if (refused := self._keys.refusal(apikey, agent)) is not None:
                return _json(start, "401 Unauthorized", refused.body)
            environ["HTTP_AUTHORIZATION"] = self._keys.authorization(apikey, authorization)
        if prefix in self._services:
            environ["SCRIPT_NAME"] = str(environ.get("SCRIPT_NAME", "")) + prefix
            environ["PATH_INFO"] = path[len(prefix) :] or "/"
            return self._services[prefix](environ, start)
        if prefix in self._switched_off:
            return _json(
                start, "501 Not Implemented", switched_off_body(*self._switched_off[prefix])
            )
        return _json(start, "501 Not Implemented", later_body(prefix))

    def _let_in(self, environ: WSGIEnvironment) -> Refused | None:
        """Put a role's token in the place of its key, where there is one."""
        apikey, authorization = _credentials(environ)
        if not apikey and authorization.startswith(f"Bearer {NEW_KEY}"):
            apikey = authorization.removeprefix("Bearer ")
        if apikey:
            agent = str(environ.get("HTTP_USER_AGENT", ""))
            if self._keys.refusal(apikey, agent) is SECRET_IN_BROWSER:
                return SECRET_IN_BROWSER
            environ["HTTP_AUTHORIZATION"] = self._keys.authorization(apikey, authorization)
        return None

    def _prefix(self, path: str) -> str | None:
        for prefix in (*self._services, *self._switched_off, *LATER):
            if path == prefix or path.startswith(prefix + "/"):
                return prefix
        return None


def create_gateway(
    *,
    keys: ApiKeys,
    auth: WSGIApplication | None,
    storage: WSGIApplication | None,
    log: AccessLog | None = None,
    clock: Clock | None = None,
) -> Gateway:
    """Return the gateway. A service that is None is one that config.toml switches off."""
    services = {AUTH: auth, STORAGE: storage}
    switches = {AUTH: ("Auth", "auth.enabled"), STORAGE: ("Storage", "storage.enabled")}
    return Gateway(
        keys,
        {prefix: service for prefix, service in services.items() if service is not None},
        switched_off={
            prefix: switches[prefix] for prefix, service in services.items() if service is None
        },
        log=log,
        clock=clock or SystemClock(),
    )


def _is_preflight(environ: WSGIEnvironment, path: str) -> bool:
    if environ["REQUEST_METHOD"] != "OPTIONS":
        return False
    asks_service = path.startswith(_RESUMABLE)
    return "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ or not asks_service


def _credentials(environ: WSGIEnvironment) -> tuple[str, str]:
    """Return the API key (header before query) and the Authorization header."""
    apikey = str(environ.get("HTTP_APIKEY", ""))
    if not apikey and "apikey=" in (query := str(environ.get("QUERY_STRING", ""))):
        apikey = parse_qs(query).get("apikey", [""])[0]
    return apikey, str(environ.get("HTTP_AUTHORIZATION", ""))


def _json(start: Callable[..., Any], status: str, body: Mapping[str, object]) -> Iterable[bytes]:
    raw = json.dumps(body, ensure_ascii=False).encode()
    start(
        status,
        [("Content-Type", "application/json; charset=utf-8"), ("Content-Length", str(len(raw)))],
    )
    return [raw]
