"""Pooled HTTP to Supabase Storage. Keeps nothing of any caller: who asks stands in the arguments.

Every call has a time limit. A call runs twice only when that cannot do harm, and a stream of which
a byte may have left is never sent again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import urllib3
from urllib3.util import Retry, Timeout

from hipflask.errors import HipFlaskError, StorageUnavailable
from hipflask.kit.timing import timed
from hipflask.protocol import api_keys

from .answers import malformed
from .refusals import Subject, refusal
from .source import Body

# A connection that could not be opened carried nothing, so any call may be tried again then.
_ONCE: Final = Retry(total=1, connect=1, read=0, redirect=0, other=0, status=0)
# By itself urllib3 repeats no POST, and lists and signatures are asked for by POST.
_TWICE: Final = Retry(
    total=2, connect=1, read=1, redirect=0, other=1, status=0, allowed_methods=None
)

_UPLOAD: Final = Timeout(connect=3.0, read=60.0)
"""Between two signs of life: Storage answers an upload when its own store has all of it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """With whose authority Storage is asked: an API key, and a user's access token if any.

    The token is asked for at each call, so that a long-lived caller never sends an old one.
    """

    key: str = field(repr=False)
    role: str
    token: Callable[[], str] | None = field(default=None, repr=False)

    def headers(self) -> dict[str, str]:
        """Return the headers that carry the authority."""
        # A secret key is refused when the caller looks like a browser.
        headers = {"apikey": self.key, "User-Agent": "hipflask"}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token()}"
        elif api_keys.kind(self.key).is_legacy:
            headers["Authorization"] = f"Bearer {self.key}"
        return headers


class Transport:
    """Connections to one project's Storage."""

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 10.0,
        pool: urllib3.PoolManager | None = None,
    ) -> None:
        self.url = url
        self._timeout = Timeout(connect=3.0, read=timeout)
        self._pool = pool or urllib3.PoolManager(num_pools=2, maxsize=8)

    def __repr__(self) -> str:
        return f"<Transport to {self.url}>"

    def close(self) -> None:
        """Close the pooled connections."""
        self._pool.clear()

    def call(
        self,
        caller: Caller,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        subject: Subject,
        headers: Mapping[str, str] | None = None,
        may_repeat: bool = False,
    ) -> Any:
        """Send a JSON call and return the JSON of its answer."""
        sent = caller.headers() | dict(headers or {})
        if body is not None:
            sent["Content-Type"] = "application/json"
        response = self._send(
            method,
            path,
            None if body is None else json.dumps(body).encode(),
            sent,
            retries=_TWICE if may_repeat else _ONCE,
            timeout=self._timeout,
        )
        return _read(response, subject, caller)

    def upload(
        self,
        caller: Caller,
        path: str,
        body: Body,
        headers: Mapping[str, str],
        *,
        subject: Subject,
        may_repeat: bool,
    ) -> Any:
        """Send a body as it is read, and return the JSON of the answer."""
        sent = caller.headers() | dict(headers)
        whole = body.whole
        if body.size is not None:
            sent["Content-Length"] = str(body.size)
        try:
            response = self._send(
                "POST",
                path,
                body if whole is None else whole,
                sent,
                retries=_TWICE if may_repeat and whole is not None else _ONCE,
                timeout=_UPLOAD,
            )
        except StorageUnavailable as error:
            if body.failure is not None:
                raise body.failure from error
            raise
        return _read(response, subject, caller)

    def open(
        self, caller: Caller, path: str, headers: Mapping[str, str], *, subject: Subject
    ) -> urllib3.BaseHTTPResponse:
        """Begin a download; the body is still to be read. 304 is an answer, too."""
        response = self._send(
            "GET",
            path,
            None,
            caller.headers() | dict(headers) | {"Accept-Encoding": "identity"},
            retries=_TWICE,
            timeout=self._timeout,
            preload_content=False,
        )
        if response.status in (200, 206, 304):
            return response
        try:
            raw = response.read(64 * 1024)
        except urllib3.exceptions.HTTPError as error:
            raise self.unreachable(error) from error
        finally:
            response.close()
            response.release_conn()
        raise _refused(response, raw, subject, caller)

    def unreachable(self, error: Exception) -> StorageUnavailable:
        """Return our error for one of the HTTP client's."""
        cause = error.reason if isinstance(error, urllib3.exceptions.MaxRetryError) else error
        timed_out = isinstance(cause, urllib3.exceptions.TimeoutError) and not isinstance(
            cause, urllib3.exceptions.NewConnectionError
        )
        reason = "timeout" if timed_out else "unreachable"
        return StorageUnavailable(
            f"Supabase Storage at {self.url} does not answer ({reason}).",
            reason=reason,
            hint="Check SUPABASE_URL. On a laptop start the stack with `hipflask dev`.",
        )

    def _send(
        self,
        method: str,
        path: str,
        body: bytes | Body | None,
        headers: Mapping[str, str],
        **options: Any,
    ) -> urllib3.BaseHTTPResponse:
        try:
            with timed("storage", method):
                return self._pool.request(
                    method, self.url + path, body=body, headers=headers, redirect=False, **options
                )
        except urllib3.exceptions.HTTPError as error:
            raise self.unreachable(error) from error


def _read(response: urllib3.BaseHTTPResponse, subject: Subject, caller: Caller) -> Any:
    """Return the JSON of a success; raise our error for anything else."""
    if not 200 <= response.status < 300:
        raise _refused(response, response.data, subject, caller)
    try:
        return json.loads(response.data)
    except ValueError as error:
        raise malformed() from error


def _refused(
    response: urllib3.BaseHTTPResponse, raw: bytes, subject: Subject, caller: Caller
) -> HipFlaskError:
    with_token = caller.token is not None
    return refusal(response.status, raw, response.headers, subject, with_token=with_token)
