"""A client for Supabase Auth that keeps nothing of any user.

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

from .answers import AuthUser, SignUpAnswer, Tokens
from .refusals import refusal

API_VERSION: Final = "2024-01-01"
"""Errors then come as ``{code, message}`` (GoTrue's apiversions.go)."""

# A connection that could not be opened carried nothing, so any call may be tried again then.
_ONCE: Final = Retry(total=1, connect=1, read=0, redirect=0, other=0, status=0)
# Which calls may run twice, the caller says; urllib3 would leave every POST out.
_TWICE: Final = Retry(
    total=2, connect=1, read=1, redirect=0, other=1, status=0, allowed_methods=None
)


# Others wait for the row while a session is refreshed; Supabase lets them wait 8 s for a lock.
_SHORT: Final = Timeout(connect=1.5, read=4.5)


class AuthClient:
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

    def sign_up(
        self,
        email: str,
        password: str,
        *,
        data: Mapping[str, Any] | None = None,
        redirect_to: str = "",
        challenge: str = "",
        address: str = "",
    ) -> SignUpAnswer:
        """Create a user. For an address that is taken GoTrue answers with an invented user."""
        body = {"email": email, "password": password, "data": dict(data or {})}
        answer = self._post(
            "/signup", body | _pkce(challenge), redirect_to=redirect_to, address=address
        )
        if "access_token" in answer:
            tokens = Tokens.from_json(answer)
            return SignUpAnswer(tokens.user or AuthUser.from_json(answer["user"]), tokens)
        return SignUpAnswer(AuthUser.from_json(answer), None)

    def sign_in_with_password(self, email: str, password: str, *, address: str = "") -> Tokens:
        """Exchange a password for tokens."""
        body = {"email": email, "password": password}
        return Tokens.from_json(self._post("/token?grant_type=password", body, address=address))

    def refresh(self, refresh_token: str, *, address: str = "") -> Tokens:
        """Exchange a refresh token for new tokens; the old one is used up by it."""
        body = {"refresh_token": refresh_token}
        answer = self.call(
            "POST", "/token?grant_type=refresh_token", body, address=address, timeout=_SHORT
        )
        return Tokens.from_json(answer)

    def exchange_code(self, code: str, verifier: str, *, address: str = "") -> Tokens:
        """Exchange the code of a PKCE link for tokens (RFC 7636 section 4.5)."""
        body = {"auth_code": code, "code_verifier": verifier}
        return Tokens.from_json(self._post("/token?grant_type=pkce", body, address=address))

    def verify_token_hash(self, kind: str, token_hash: str, *, address: str = "") -> Tokens | None:
        """Use up a link. None when the other address of an e-mail change must confirm as well."""
        return self._verify({"type": kind, "token_hash": token_hash}, address)

    def verify_code(self, kind: str, email: str, code: str, *, address: str = "") -> Tokens | None:
        """Use up a code that was typed in. None as for ``verify_token_hash``."""
        return self._verify({"type": kind, "email": email, "token": code}, address)

    def recover(
        self, email: str, *, redirect_to: str = "", challenge: str = "", address: str = ""
    ) -> None:
        """Send the mail that resets a password."""
        body = {"email": email} | _pkce(challenge)
        self._post("/recover", body, redirect_to=redirect_to, address=address)

    def resend(
        self,
        kind: str,
        email: str,
        *,
        redirect_to: str = "",
        challenge: str = "",
        address: str = "",
    ) -> None:
        """Send a confirmation mail again."""
        body = {"type": kind, "email": email} | _pkce(challenge)
        self._post("/resend", body, redirect_to=redirect_to, address=address)

    def send_magic_link(
        self, email: str, *, redirect_to: str = "", challenge: str = "", address: str = ""
    ) -> None:
        """Send a sign-in link to somebody who has an account."""
        body = {"email": email, "create_user": False} | _pkce(challenge)
        self._post("/otp", body, redirect_to=redirect_to, address=address)

    def get_user(self, access_token: str, *, address: str = "") -> AuthUser:
        """Return the bearer's user; raise SessionExpired when the session is gone."""
        return AuthUser.from_json(self.call("GET", "/user", token=access_token, address=address))

    def update_user(
        self,
        access_token: str,
        changes: Mapping[str, Any],
        *,
        redirect_to: str = "",
        challenge: str = "",
        address: str = "",
    ) -> AuthUser:
        """Change the bearer's user: ``password``, ``email``, ``data``, ``nonce`` and so on."""
        return AuthUser.from_json(
            self.call(
                "PUT",
                "/user",
                dict(changes) | _pkce(challenge),
                token=access_token,
                redirect_to=redirect_to,
                address=address,
            )
        )

    def sign_out(self, access_token: str, scope: str = "local", *, address: str = "") -> None:
        """End sessions of the bearer: this one (``local``), the ``others``, or all (``global``)."""
        path = "/logout?" + urlencode({"scope": scope})
        self.call("POST", path, token=access_token, address=address, may_repeat=True)

    def jwks(self) -> Mapping[str, Any]:
        """Return the public keys that verify access tokens."""
        return self.call("GET", "/.well-known/jwks.json")

    def health(self) -> None:
        """Ask for a sign of life; raise AuthUnavailable when there is none."""
        self.call("GET", "/health")

    def _verify(self, body: dict[str, Any], address: str) -> Tokens | None:
        answer = self._post("/verify", body, address=address)
        return Tokens.from_json(answer) if "access_token" in answer else None

    def _post(
        self, path: str, body: Mapping[str, Any], *, redirect_to: str = "", address: str = ""
    ) -> Mapping[str, Any]:
        return self.call("POST", path, body, redirect_to=redirect_to, address=address)

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

        The calls of one noun (OAuth, factors, passkeys, identities) live in files of their own and
        go through here. ``may_repeat`` says that the call does no harm when it runs twice. Raises
        what ``refusals`` makes of an error, or AuthUnavailable.
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


def _pkce(challenge: str) -> dict[str, Any]:
    return {"code_challenge": challenge, "code_challenge_method": "s256"} if challenge else {}


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
