"""HTTP calls to providers: bounded in time and size, and never led elsewhere by a redirect."""

from __future__ import annotations

import json
import socket
import time
from base64 import b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

from hipflask.errors import StackError

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

#: Longer documents are no discovery document, key set or profile (GoTrue: oidc_discovery.go).
LARGEST: Final = 1 << 20
_SECONDS_TO_CONNECT: Final = 5.0
_SECONDS_TO_READ: Final = 10.0
#: For a whole answer, whose bytes may else come one by one for ever.
_SECONDS_FOR_ALL: Final = 20.0
_CHUNK: Final = 1 << 16


class ProviderFailure(StackError):
    """A provider could not be reached, or answered what cannot be used.

    ``status`` is that of an answer which was no success, else 0.
    """

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Outbound:
    """The connections to providers. ``guarded`` calls go to public addresses by HTTPS only."""

    def __init__(self, *, longest: float = _SECONDS_FOR_ALL) -> None:
        import urllib3  # deferred: a start needs no provider, and this takes a tenth of it

        from hipflask.local.auth.external.public_pool import public_pool

        self._pool = urllib3.PoolManager(num_pools=8, maxsize=4)
        self._public_pool = public_pool()
        self._longest = longest

    def get_json(self, url: str, *, bearer: str = "", guarded: bool = False) -> Any:
        """Return the JSON document at ``url``."""
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        return _json(url, self._call("GET", url, headers, None, guarded=guarded))

    def get_bytes(self, url: str, *, accept: str, guarded: bool = False) -> bytes:
        """Return the document at ``url``, of whatever form."""
        return self._call("GET", url, {"Accept": accept}, None, guarded=guarded)

    def post_form(
        self,
        url: str,
        form: Mapping[str, str],
        *,
        basic_auth: str = "",
        guarded: bool = False,
    ) -> Any:
        """Send a form and return the JSON document of the answer."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if basic_auth:
            headers["Authorization"] = f"Basic {b64encode(basic_auth.encode()).decode()}"
        raw = self._call("POST", url, headers, urlencode(form).encode(), guarded=guarded)
        return _json(url, raw)

    def _call(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        guarded: bool,
    ) -> bytes:
        import urllib3

        pool: urllib3.PoolManager = self._public_pool if guarded else self._pool
        if guarded:
            require_public(url)
        elif urlsplit(url).scheme not in ("http", "https"):
            raise ProviderFailure(f"not an address of the web: {_shown(url)}")
        try:
            response = pool.request(
                method,
                url,
                body=body,
                headers={"Accept": "application/json", "User-Agent": "hipflask-auth", **headers},
                redirect=False,
                retries=False,
                timeout=urllib3.Timeout(connect=_SECONDS_TO_CONNECT, read=_SECONDS_TO_READ),
                preload_content=False,
            )
            try:
                raw = self._read(response)
            finally:
                response.close()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise ProviderFailure(f"{_shown(url)}: {type(error).__name__}") from error
        if len(raw) > LARGEST:
            raise ProviderFailure(f"{_shown(url)}: the answer is too long")
        if not 200 <= response.status < 300:
            said = f"{_shown(url)}: status {response.status}"
            raise ProviderFailure(said, status=response.status)
        return bytes(raw)

    def _read(self, response: BaseHTTPResponse) -> bytearray:
        """Return the body as far as it is not too long, or raise TimeoutError."""
        deadline, raw = time.monotonic() + self._longest, bytearray()
        while len(raw) <= LARGEST and (chunk := response.read1(_CHUNK, decode_content=True)):
            raw += chunk
            if time.monotonic() > deadline:
                raise TimeoutError
        return raw


def require_public(url: str) -> None:
    """Raise ProviderFailure unless ``url`` is HTTPS on a host with public addresses only.

    An administrator of the project may name any address; the server must not be led to its own
    network by it (GoTrue, utilities/url_validator.go).
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ProviderFailure("Invalid URL format") from None
    if parts.scheme != "https":
        raise ProviderFailure("URL must use HTTPS")
    if not host:
        raise ProviderFailure("URL must have a valid hostname")
    if host == "localhost" or host.endswith(".localhost"):
        raise ProviderFailure("URL cannot point to localhost or loopback addresses")
    try:
        found = socket.getaddrinfo(host, port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ProviderFailure("Unable to resolve hostname") from None
    from hipflask.local.auth.external.public_pool import is_public

    for _, _, _, _, address in found:
        if not is_public(str(address[0])):
            raise ProviderFailure("URL cannot point to localhost or loopback addresses")


def require_storable(content: Any) -> None:
    """Raise ProviderFailure for what PostgreSQL cannot store: NUL, half surrogates, infinity."""
    try:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, RecursionError):
        raise ProviderFailure("the provider's answer cannot be stored") from None
    if "\\u0000" in text:
        raise ProviderFailure("the provider's answer cannot be stored")


def _json(url: str, raw: bytes) -> Any:
    try:
        answer = json.loads(raw)
    except (ValueError, RecursionError):
        raise ProviderFailure(f"{_shown(url)}: the answer is not JSON") from None
    require_storable(answer)
    return answer


def _shown(url: str) -> str:
    """Return the address without its query, which may hold secrets."""
    return url.partition("?")[0]
