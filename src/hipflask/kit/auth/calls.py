"""How Supabase Auth is called: keys, bearers, time limits, and what becomes of a refusal.

One object serves every request and thread: whose call it is stands in the arguments. It speaks
HTTP/1.1 over pooled connections; every call has a time limit, and only calls that may safely run
twice are tried again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import urllib3
from urllib3.util import Retry, Timeout

from hipflask.errors import AuthUnavailable, ConfigError
from hipflask.kit.timing import timed
from hipflask.protocol import api_keys

from .refusals import refusal

API_VERSION: Final = "2024-01-01"
"""Errors then come as ``{code, message}`` (GoTrue's apiversions.go)."""

# A connection that could not be opened carried nothing, so any call may be tried again then.
_ONCE: Final = Retry(total=1, connect=1, read=0, redirect=0, other=0, status=0)
# Which calls may run twice, the caller says; urllib3 would leave every POST out.
_TWICE: Final = Retry(
    total=2, connect=1, read=1, redirect=0, other=1, status=0, allowed_methods=None
)


class AuthCalls:
    """Calls of Supabase Auth, each with its own bearer.

    ``address`` is the visitor's: with a secret key it is passed on (``Sb-Forwarded-For``), so that
    Auth's rate limits count visitors instead of counting the server as one.
    """

    def __init__(
        self,
        auth_url: str,
        publishable_key: str,
        service_key: str | None = None,
        *,
        timeout: float = 8.0,
        pool: urllib3.PoolManager | None = None,
    ) -> None:
        self._url = auth_url
        self._publishable_key = publishable_key
        self._service_key = service_key
        self._timeout = Timeout(connect=3.0, read=timeout)
        self._pool = pool or urllib3.PoolManager(num_pools=2, maxsize=8)

    def __repr__(self) -> str:
        return f"<AuthClient of {self._url}>"

    def close(self) -> None:
        """Close the pooled connections."""
        self._pool.clear()

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        token: str = "",
        redirect_to: str = "",
        address: str = "",
        may_repeat: bool = False,
        timeout: Timeout | None = None,
    ) -> Mapping[str, Any]:
        """Make one call with the bearer ``token`` and return the JSON object of the answer.

        ``may_repeat`` says that the call does no harm when it runs twice. Raises what
        ``refusals`` makes of an error, or AuthUnavailable.
        """
        headers = self._headers(token, address)
        response = self._send(method, path, body, headers, redirect_to, may_repeat, timeout)
        return _read(response)

    def call_for_list(
        self, path: str, *, token: str, address: str = ""
    ) -> Sequence[Mapping[str, Any]]:
        """Make a GET whose answer is a JSON array of objects; else as ``call``."""
        response = self._send("GET", path, None, self._headers(token, address))
        try:
            body = json.loads(response.data)
        except ValueError:
            body = None
        if response.status >= 300 or not isinstance(body, list):
            raise refusal(response.status, body, response.headers)
        return [each for each in body if isinstance(each, Mapping)]

    @property
    def can_administer(self) -> bool:
        """Whether the app has the key for ``call_as_server``."""
        return bool(self._service_key)

    def call_as_server(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        redirect_to: str = "",
    ) -> Mapping[str, Any]:
        """Make one call of the admin API, with the secret key, in nobody's name.

        Raises ConfigError without one: SUPABASE_SECRET_KEY is not set.
        """
        key = self._service_key
        if not key:
            raise ConfigError("The admin API needs a secret key.", hint="Set SUPABASE_SECRET_KEY.")
        headers = self._headers("", "") | {"apikey": key, "Authorization": f"Bearer {key}"}
        return _read(self._send(method, path, body, headers, redirect_to))

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        headers: Mapping[str, str],
        redirect_to: str = "",
        may_repeat: bool = False,
        timeout: Timeout | None = None,
    ) -> urllib3.BaseHTTPResponse:
        if redirect_to:
            path += ("&" if "?" in path else "?") + urlencode({"redirect_to": redirect_to})
        try:
            with timed("auth", method):
                return self._pool.request(
                    method,
                    self._url + path,
                    body=None if body is None else json.dumps(body),
                    headers=headers,
                    timeout=timeout or self._timeout,
                    retries=_TWICE if method == "GET" or may_repeat else _ONCE,
                    redirect=False,
                )
        except urllib3.exceptions.HTTPError as error:
            raise _unreachable(self._url, error) from error

    def _headers(self, token: str, address: str) -> dict[str, str]:
        key = self._publishable_key
        headers = {
            "Content-Type": "application/json",
            "X-Supabase-Api-Version": API_VERSION,
            # A secret key is refused when the caller looks like a browser.
            "User-Agent": "hipflask",
        }
        if address and api_keys.kind(self._service_key or "") is api_keys.KeyKind.SECRET:
            key = self._service_key or key
            headers["Sb-Forwarded-For"] = address
        headers["apikey"] = key
        if token:
            headers["Authorization"] = f"Bearer {token}"
        elif api_keys.kind(key).is_legacy:
            headers["Authorization"] = f"Bearer {key}"
        return headers


def _read(response: urllib3.BaseHTTPResponse) -> Mapping[str, Any]:
    """Return the JSON object of a success; raise our error for anything else."""
    try:
        body = json.loads(response.data) if response.data else {}
    except ValueError:
        body = None
    if response.status >= 300 or not isinstance(body, Mapping):
        raise refusal(response.status, body, response.headers)
    return body


def _unreachable(url: str, error: urllib3.exceptions.HTTPError) -> AuthUnavailable:
    cause = error.reason if isinstance(error, urllib3.exceptions.MaxRetryError) else error
    timed_out = isinstance(cause, urllib3.exceptions.TimeoutError) and not isinstance(
        cause, urllib3.exceptions.NewConnectionError
    )
    reason = "timeout" if timed_out else "unreachable"
    return AuthUnavailable(
        f"Supabase Auth at {url} does not answer ({reason}).",
        reason=reason,
        hint="Check SUPABASE_URL. On a laptop start the stack with `hipflask dev`.",
    )
