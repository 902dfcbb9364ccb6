"""Calls of Storage as other programs make them: with somebody's own token, or with a link alone."""

from __future__ import annotations

import base64
import json
import struct
import urllib.error
import urllib.request
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hipflask.testing import SignedIn, SupabaseBackend


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


def fetch(
    address: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Answer:
    """Ask over HTTP; a refusal is an answer too."""
    request = urllib.request.Request(address, data=body, method=method, headers=dict(headers or {}))
    try:
        with urllib.request.urlopen(request) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, refusal.headers, refusal.read())


def ask(
    backend: SupabaseBackend,
    person: SignedIn | None,
    method: str,
    path: str,
    body: bytes | Mapping[str, Any] | None = None,
    **headers: str,
) -> Answer:
    """Call Storage as somebody, or as nobody."""
    sent = {"apikey": backend.publishable_key} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    if person is not None:
        sent["Authorization"] = f"Bearer {person.access_token}"
    if isinstance(body, Mapping):
        body, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
    return fetch(f"{backend.url}/storage/v1{path}", method=method, headers=sent, body=body)


def resumable(ticket: Mapping[str, Any], content: bytes) -> Answer:
    """Upload by TUS with a ticket of /api/v1/uploads, in one piece."""
    pairs = [
        f"{name} {base64.b64encode(value.encode()).decode()}"
        for name, value in ticket["metadata"].items()
    ]
    common = {"Tus-Resumable": "1.0.0", "x-signature": ticket["token"]}
    made = fetch(
        ticket["url"],
        method="POST",
        headers=common | {"Upload-Length": str(len(content)), "Upload-Metadata": ",".join(pairs)},
        body=b"",
    )
    if made.status != 201:
        return made
    return fetch(
        made.headers["Location"],
        method="PATCH",
        headers=common | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"},
        body=content,
    )


def picture(width: int = 8, height: int = 8) -> bytes:
    """A small PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = b"".join(b"\0" + bytes((x * 20 % 256, 90, 200)) * width for x in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
