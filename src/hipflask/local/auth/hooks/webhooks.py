"""Hooks over HTTP, signed as Standard Webhooks asks (standardwebhooks.com; GoTrue, hookshttp.go).

The address is the project's own and may be one of this machine. A redirect is not followed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import urllib3

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.hooks import answers

if TYPE_CHECKING:
    from hipflask.local.auth.hooks.limits import HookLimits
    from hipflask.local.config import HookConfig
    from hipflask.protocol.clock import Clock

_log = logging.getLogger(__name__)
_UNAVAILABLE: Final = "Service currently unavailable due to hook"
_REASONS: Final = {
    400: "Invalid payload sent to hook",
    401: "Hook requires authorization token",
    429: _UNAVAILABLE,
    503: _UNAVAILABLE,
}
_CHUNK: Final = 64 * 1024
#: The name by which a container reaches its host; in a file for the Supabase CLI it stands for
#: this machine, and here nothing runs in a container.
_HOST_OF_CONTAINERS: Final = "host.docker.internal"


def signatures(keys: Iterable[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """Return the header ``webhook-signature``: one signature of the message by each key."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    made = (base64.b64encode(hmac.digest(key, signed, hashlib.sha256)) for key in keys)
    return ", ".join(f"v1,{one.decode()}" for one in made)


class Webhooks:
    """The connections to services that are asked."""

    def __init__(self, limits: HookLimits, clock: Clock) -> None:
        self._limits, self._clock = limits, clock
        self._pool = urllib3.PoolManager()

    def post(self, hook: HookConfig, body: bytes) -> bytes | None:
        """Send ``body`` and return the answer's, None for 204; raise if there is none to use."""
        deadline = time.monotonic() + self._limits.webhook.total_seconds()
        for left_tries in reversed(range(self._limits.tries)):
            try:
                answer = self._send(hook, body, deadline)
            except urllib3.exceptions.HTTPError as error:
                if _is_timeout(error):
                    raise self._too_slow() from error
                _log.warning(
                    "The hook %s was not reached: %s", hook.shown_uri, type(error).__name__
                )
                if not left_tries:
                    raise AuthApiError(
                        "hook_timeout_after_retry", "Failed to reach hook after maximum retries"
                    ) from error
                self._pause(deadline)
                continue
            try:
                if answer.status in (429, 503) and answer.headers.get("Retry-After"):
                    continue
                return self._read(hook, answer, deadline)
            finally:
                answer.close()
        raise answers.failure(_UNAVAILABLE)

    def _send(self, hook: HookConfig, body: bytes, deadline: float) -> urllib3.BaseHTTPResponse:
        left = deadline - time.monotonic()
        if left <= 0:
            raise self._too_slow()
        message_id, timestamp = str(uuid4()), int(self._clock.now().timestamp())
        return self._pool.request(
            "POST",
            _address(hook.uri),
            body=body,
            headers={
                **_credentials(hook.uri),
                "Content-Type": "application/json",
                "User-Agent": "hipflask-auth",
                "Accept-Encoding": "identity",
                "webhook-id": message_id,
                "webhook-timestamp": str(timestamp),
                "webhook-signature": signatures(hook.signing_keys, message_id, timestamp, body),
            },
            timeout=urllib3.Timeout(total=left),
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )

    def _pause(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        time.sleep(max(0.0, min(self._limits.pause.total_seconds(), left)))
        if time.monotonic() >= deadline:
            raise self._too_slow()

    def _too_slow(self) -> AuthApiError:
        seconds = self._limits.webhook.total_seconds()
        return AuthApiError(
            "hook_timeout", f"Failed to reach hook within maximum time of {seconds:f} seconds"
        )

    def _read(
        self, hook: HookConfig, answer: urllib3.BaseHTTPResponse, deadline: float
    ) -> bytes | None:
        if answer.status == 204:
            return None
        if answer.status not in (200, 202):
            unexpected = f"Unexpected status code returned from hook: {answer.status}"
            raise answers.failure(_REASONS.get(answer.status, unexpected))
        _require_json(answer.headers.get("Content-Type", ""))
        limit, body = self._limits.answer_bytes, bytearray()
        try:
            while part := answer.read1(_CHUNK, decode_content=False):
                body += part
                if len(body) > limit:
                    raise AuthApiError(
                        "hook_payload_over_size_limit",
                        f"Payload size exceeded size limit of {limit} bytes",
                    )
                if time.monotonic() > deadline:
                    raise answers.failure(f"Error running hook URI: {hook.shown_uri}")
        except urllib3.exceptions.HTTPError as error:
            raise answers.failure(f"Error running hook URI: {hook.shown_uri}") from error
        return bytes(body)


def _is_timeout(error: Exception) -> bool:
    """Whether time is over; to urllib3 a refused connection is a timeout as well."""
    exceptions = urllib3.exceptions
    return isinstance(error, exceptions.TimeoutError) and not isinstance(
        error, exceptions.NewConnectionError
    )


def _address(uri: str) -> str:
    """Return where to connect: the address without a name and a password, and this machine."""
    parts = urlsplit(uri)
    place = parts.netloc.rpartition("@")[2]
    if parts.scheme == "http" and parts.hostname == _HOST_OF_CONTAINERS:
        place = "127.0.0.1" if parts.port is None else f"127.0.0.1:{parts.port}"
    return parts._replace(netloc=place).geturl()


def _credentials(uri: str) -> dict[str, str]:
    parts = urlsplit(uri)
    if not parts.username and not parts.password:
        return {}
    named = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(named.encode()).decode()}"}


def _require_json(content_type: str) -> None:
    if content_type.partition(";")[0].strip().lower() == "application/json":
        return
    message = f"Invalid JSON response. Received content-type: {content_type}"
    if not content_type:
        message = "Invalid Content-Type: Missing Content-Type header"
    raise AuthApiError("hook_payload_invalid_content_type", message)
