"""One request that reached the fake, as tests look at it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Json = dict[str, Any]

HOST_SUFFIX = ".fake.test"
"""What the made-up hosts end in: `run.fake.test`, and `us-west1-run.fake.test` for a region."""

_HOST = re.compile(r"(?:(?P<region>[a-z0-9-]+)-)?(?P<service>[a-z]+)\.fake\.test(?::\d+)?")
_COMMAND = re.compile(r"command/gcloud\.([\w.-]+)")


@dataclass
class Request:
    """A request of an API. ``str()`` and ``repr()`` are one line without the body.

    The body is whole (a secret's payload too), so it is kept out of the line: what a failing test
    prints must not teach anybody to print secrets.
    """

    method: str
    service: str
    region: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    content: bytes
    status: int = 0
    params: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(
        cls, method: str, url: str, headers: Mapping[str, str], content: bytes
    ) -> Request | None:
        """Read an absolute-form request line; ``None`` when the host is none of Google's APIs."""
        parts = urlsplit(url)
        found = _HOST.fullmatch(parts.netloc)
        if found is None:
            return None
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        return cls(
            method,
            found["service"],
            found["region"] or "",
            parts.path,
            query,
            headers,
            content,
        )

    @property
    def line(self) -> str:
        """`POST run/us-west1 /apis/serving.knative.dev/v1/namespaces/p/services`."""
        where = f"{self.service}/{self.region}" if self.region else self.service
        return f"{self.method} {where} {self.path}"

    @property
    def body(self) -> Any:
        """The JSON of the body; empty when there is none, the bytes when it is not JSON."""
        if not self.content:
            return {}
        try:
            return json.loads(self.content)
        except ValueError:
            return self.content

    @property
    def command(self) -> str:
        """The gcloud command that asked, such as `run.deploy`; empty for other clients."""
        found = _COMMAND.search(self.headers.get("User-Agent", ""))
        return found[1] if found else ""

    @property
    def token(self) -> str:
        """The bearer token."""
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        return token.strip() if kind.lower() == "bearer" else ""

    def __str__(self) -> str:
        return self.line

    def __repr__(self) -> str:
        return f"<{self.line} -> {self.status}>"
