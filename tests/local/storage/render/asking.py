"""Asking the running Storage for pictures, over HTTP and with nothing but the headers given."""

from __future__ import annotations

import http.client
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import urlencode, urlsplit

from PIL import Image

from hipflask.testing import SupabaseBackend


@dataclass(frozen=True)
class Reply:
    """An answer."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def picture(self) -> Image.Image:
        """The body as a picture of the type that the header says."""
        assert self.status == 200, self.body
        image = Image.open(io.BytesIO(self.body))
        assert Image.MIME[image.format or ""] == self.headers["Content-Type"]
        image.load()
        return image


@dataclass(frozen=True)
class Asker:
    """Somebody with that token, or with none."""

    backend: SupabaseBackend
    token: str = ""

    def __call__(
        self,
        method: str,
        path: str,
        body: bytes | Mapping[str, Any] | None = None,
        **headers: str,
    ) -> Reply:
        """Send a request below ``/storage/v1``; ``if_none_match`` is the header If-None-Match."""
        sent = {name.replace("_", "-"): text for name, text in headers.items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if isinstance(body, Mapping):
            sent["Content-Type"], body = "application/json", json.dumps(body).encode()
        address = urlsplit(self.backend.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
        try:
            connection.request(method, f"/storage/v1{path}", body, sent)
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def render(self, way: str, name: str, *, headers: Mapping[str, str] = {}, **wish: Any) -> Reply:
        """Ask for a rendered picture: ``render("public", "pub/a.png", width=10)``."""
        query = f"?{urlencode(wish)}" if wish else ""
        return self("GET", f"/render/image/{way}/{name}{query}", None, **headers)

    def make(self, bucket: str, *, public: bool = False) -> None:
        """Make a bucket."""
        answer = self("POST", "/bucket", {"name": bucket, "public": public})
        assert answer.status == 200, answer.body

    def upload(self, name: str, content: bytes, kind: str = "image/png", **headers: str) -> None:
        """Put an object there, over the one that may be there."""
        sent = {"content_type": kind, "x_upsert": "true", **headers}
        answer = self("POST", f"/object/{name}", content, **sent)
        assert answer.status == 200, answer.body

    def sign(self, name: str, transform: Any = None, *, seconds: int = 60) -> str:
        """Return the path of a signed URL."""
        body = {"expiresIn": seconds} | ({} if transform is None else {"transform": transform})
        answer = self("POST", f"/object/sign/{name}", body)
        assert answer.status == 200, answer.body
        return str(answer.json["signedURL"])


def assert_refused(
    answer: Reply, status: str, code: str, message: str, *, error: str = "", http: int = 400
) -> None:
    """Check an error: ``status`` is the one in the body, ``http`` the one on the wire."""
    assert answer.status == http, answer.body
    assert answer.json == {
        "statusCode": status,
        "error": error or code,
        "message": message,
        "code": code,
    }
