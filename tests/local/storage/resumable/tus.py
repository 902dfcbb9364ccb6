"""A client of resumable uploads that does exactly what a test says, and can hang up anywhere."""

from __future__ import annotations

import base64
import http.client
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

PATH = "/storage/v1/upload/resumable"
SIGNED = f"{PATH}/sign"
CHUNK = "application/offset+octet-stream"


@dataclass(frozen=True)
class Reply:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def location(self) -> str:
        return self.headers["location"]

    @property
    def offset(self) -> int:
        return int(self.headers["upload-offset"])


@dataclass(frozen=True)
class Tus:
    """Speaks for one person: ``headers`` go with every request."""

    url: str
    headers: Mapping[str, str]

    def ask(self, method: str, url: str, body: Any = None, **headers: str | None) -> Reply:
        """Send one request; a keyword argument is a header (None leaves one out)."""
        parts = urlsplit(self.url + url if url.startswith("/") else url)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
        try:
            connection.request(method, parts.path, body, self.all(headers))
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, named, answer.read())
        finally:
            connection.close()

    def all(self, headers: Mapping[str, str | None]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        every = {"Tus-Resumable": "1.0.0", **self.headers, **named}
        return {name: value for name, value in every.items() if value is not None}

    def create(
        self,
        length: int | None,
        name: str = "a.txt",
        *,
        bucket: str = "shelf",
        metadata: Mapping[str, str] | None = None,
        path: str = PATH,
        body: bytes | None = None,
        **headers: str | None,
    ) -> Reply:
        pairs = {"bucketName": bucket, "objectName": name, "contentType": "text/plain"}
        head: dict[str, str | None] = {"Upload-Metadata": encoded(pairs | dict(metadata or {}))}
        if length is None:
            head["Upload-Defer-Length"] = "1"
        else:
            head["Upload-Length"] = str(length)
        if body is not None:
            head["Content-Type"] = CHUNK
        return self.ask("POST", path, body, **{**head, **headers})

    def begin(self, length: int | None, name: str = "a.txt", **more: Any) -> str:
        """Create an upload that must be let, and return its address."""
        reply = self.create(length, name, **more)
        assert reply.status == 201, reply.text
        return reply.location

    def patch(self, url: str, offset: int, body: Any, **headers: str | None) -> Reply:
        head: dict[str, str | None] = {"Upload-Offset": str(offset), "Content-Type": CHUNK}
        return self.ask("PATCH", url, body, **{**head, **headers})

    def head(self, url: str, **headers: str | None) -> Reply:
        return self.ask("HEAD", url, **headers)

    def delete(self, url: str, **headers: str | None) -> Reply:
        return self.ask("DELETE", url, **headers)

    def half_patch(self, url: str, offset: int, body: bytes, announced: int) -> socket.socket:
        """Send the beginning of a PATCH and leave the connection open."""
        parts = urlsplit(url)
        wire = socket.create_connection((str(parts.hostname), parts.port), timeout=30)
        headers = self.all(
            {
                "Upload-Offset": str(offset),
                "Content-Type": CHUNK,
                "Content-Length": str(announced),
                "Host": parts.netloc,
            }
        )
        lines = [f"PATCH {parts.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        wire.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        return wire


def reset(wire: socket.socket) -> None:
    """Hang up as a crash or a lost network does: by RST, without a good-bye."""
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.close()


def encoded(pairs: Mapping[str, str]) -> str:
    return ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items()
    )
