"""A client of the web of run.app that knows the fake's proxy and certificate, and nothing else."""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.google.fake import FakeGoogle


@dataclass
class Page:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def visit(
    google: FakeGoogle,
    url: str,
    *,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
) -> Page:
    """Ask for ``url`` through the fake, as a program with HTTPS_PROXY and SSL_CERT_FILE does."""
    parts = urlsplit(url)
    context = ssl.create_default_context(cafile=str(google.certificate))
    connection = http.client.HTTPSConnection("127.0.0.1", google.port, context=context, timeout=60)
    connection.set_tunnel(parts.netloc, 443)
    try:
        connection.request(method, parts.path or "/", body, headers or {})
        answer = connection.getresponse()
        return Page(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()
