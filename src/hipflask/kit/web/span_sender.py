"""Sends spans to a collector by OTLP over HTTP, behind the back of the requests.

Pushed, because there is nobody to pull: instances of Cloud Run have no address of their own, come
and go, and a scrape would reach any one of them. JSON over the HTTP client that is there anyway:
importing OpenTelemetry's SDK and exporter takes 8.5 MiB, this 0.6. A collector that is away costs
spans and nothing else.
"""

from __future__ import annotations

import atexit
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import urllib3
from urllib3.util import Retry, Timeout

from hipflask.kit.environment import split_url

from .request_trace import Span
from .trace_settings import TraceSettings

_logger: Final = logging.getLogger("hipflask.traces")

_MOST_WAITING: Final = 4096
_MOST_AT_ONCE: Final = 512
_GATHER_SECONDS: Final = 2.0
_COMPLAIN_SECONDS: Final = 60.0
_TIMEOUT: Final = Timeout(connect=2.0, read=5.0)
_TWICE: Final = Retry(
    total=1, redirect=0, status_forcelist=(429, 502, 503, 504), allowed_methods=None,
    backoff_factor=0.3, respect_retry_after_header=False, raise_on_status=False,
)  # fmt: skip

_METADATA: Final = "http://metadata.google.internal"
_TOKEN_PATH: Final = "/computeMetadata/v1/instance/service-accounts/default/token"
_EARLY_SECONDS: Final = 60.0


class SpanSender:
    """Keeps spans until a batch of them is sent. Its thread starts with the first span."""

    def __init__(
        self,
        settings: TraceSettings,
        resource: Mapping[str, str],
        *,
        pool: urllib3.PoolManager | None = None,
        metadata_url: str = _METADATA,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._resource = [
            {"key": name, "value": {"stringValue": text}}
            for name, text in {"service.name": settings.service, **resource}.items()
            if text
        ]
        self._pool = pool or urllib3.PoolManager(num_pools=2, maxsize=2)
        self._metadata_url = metadata_url
        self._monotonic = monotonic
        self._waiting: list[Span] = []
        self._news = threading.Condition()
        self._sending = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._complained_at = 0.0
        self._token = ("", 0.0)

    def __repr__(self) -> str:
        return f"<SpanSender to {self._settings.url}>"

    def put(self, spans: Sequence[Span]) -> None:
        """Take spans to be sent. When too many wait, these are dropped."""
        with self._news:
            if self._closed or len(self._waiting) + len(spans) > _MOST_WAITING:
                return
            self._waiting += spans
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="traces", daemon=True)
                self._thread.start()
                atexit.register(self.close)
            elif len(self._waiting) >= _MOST_AT_ONCE:
                self._news.notify()

    def flush(self) -> None:
        """Send what waits, and wait for it."""
        with self._sending:
            while True:
                with self._news:
                    batch = self._waiting[:_MOST_AT_ONCE]
                    del self._waiting[: len(batch)]
                if not batch:
                    return
                self._send(batch)

    def close(self) -> None:
        """Send what waits, take no more, and close the connections."""
        with self._news:
            self._closed = True
            self._news.notify()
        atexit.unregister(self.close)
        self.flush()
        self._pool.clear()

    def _run(self) -> None:
        # Cloud Run takes the CPU away between requests: then this goes on with the next one.
        while not self._closed:
            with self._news:
                self._news.wait(_GATHER_SECONDS)
            self.flush()

    def _send(self, batch: list[Span]) -> None:
        scope = {"scope": {"name": "hipflask"}, "spans": batch}
        body = {
            "resourceSpans": [
                {"resource": {"attributes": self._resource}, "scopeSpans": [scope]},
            ]
        }
        try:
            answer = self._pool.request(
                "POST",
                self._settings.url,
                body=json.dumps(body, separators=(",", ":")),
                headers=self._headers(),
                timeout=_TIMEOUT,
                retries=_TWICE,
                redirect=False,
            )
        except (urllib3.exceptions.HTTPError, ValueError, KeyError) as error:
            self._complain(str(error))
            return
        if answer.status >= 300:
            self._complain(f"{answer.status} {answer.data[:200]!r}")

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "User-Agent": "hipflask"}
        headers |= self._settings.headers
        url = split_url(self._settings.url)
        given = {name.lower() for name in headers}
        if (
            url
            and (url.hostname or "").endswith(".googleapis.com")
            and "authorization" not in given
        ):
            headers["Authorization"] = f"Bearer {self._google_token()}"
        return headers

    def _google_token(self) -> str:
        """Return the token of the service's own account (cloud.google.com/run/docs/securing/
        service-identity, "Fetch access tokens"); kept until shortly before it expires."""
        token, until = self._token
        if self._monotonic() < until:
            return token
        answer = self._pool.request(
            "GET",
            self._metadata_url + _TOKEN_PATH,
            headers={"Metadata-Flavor": "Google"},
            timeout=_TIMEOUT,
            retries=_TWICE,
            redirect=False,
        )
        said: dict[str, Any] = json.loads(answer.data)
        token = str(said["access_token"])
        self._token = token, self._monotonic() + float(said["expires_in"]) - _EARLY_SECONDS
        return token

    def _complain(self, why: str) -> None:
        now = self._monotonic()
        if not self._complained_at or now - self._complained_at >= _COMPLAIN_SECONDS:
            self._complained_at = now
            _logger.warning("spans were not sent to %s: %s", self._settings.url, why)
