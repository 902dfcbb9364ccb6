"""A client that sends exactly what a test says: no path is tidied up, no header is added."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from email.message import Message
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlsplit

import jwt
import psycopg

from hipflask.testing import SupabaseBackend

#: Not given, which differs from None.
NOTHING: Any = object()
BOUNDARY = "----a-boundary"


@dataclass(frozen=True)
class Reply:
    """An answer."""

    status: int
    headers: Message
    body: bytes

    @cached_property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def __str__(self) -> str:
        return f"{self.status} {self.body[:300]!r}"


@dataclass(frozen=True)
class Storage:
    """Storage as somebody with ``token`` (None for somebody without) sees it, over HTTP."""

    backend: SupabaseBackend
    token: str | None = None

    def as_(self, token: str | None) -> Storage:
        """The same Storage in the eyes of somebody else."""
        return replace(self, token=token)

    def call(
        self,
        method: str,
        path: str,
        json: Any = NOTHING,
        *,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request to ``/storage/v1`` and return the answer."""
        sent = {"Authorization": f"Bearer {self.token}"} if self.token is not None else {}
        if json is not NOTHING:
            body = _encoded(json)
            sent["Content-Type"] = "application/json"
        sent |= headers or {}
        address = urlsplit(self.backend.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
        try:
            connection.request(method, f"/storage/v1{path}", body, sent)
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Reply:
        """GET; ``if_none_match`` becomes the header If-None-Match."""
        return self.call("GET", path, headers=_named(headers))

    def head(self, path: str, **headers: str) -> Reply:
        """HEAD."""
        return self.call("HEAD", path, headers=_named(headers))

    def post(self, path: str, json: Any = NOTHING, **headers: str) -> Reply:
        """POST of JSON."""
        return self.call("POST", path, json, headers=_named(headers))

    def put(self, path: str, json: Any = NOTHING, **headers: str) -> Reply:
        """PUT of JSON."""
        return self.call("PUT", path, json, headers=_named(headers))

    def delete(self, path: str, json: Any = NOTHING, **headers: str) -> Reply:
        """DELETE, of many with JSON."""
        return self.call("DELETE", path, json, headers=_named(headers))

    def upload(
        self,
        name: str,
        body: bytes | Iterable[bytes] = b"hello",
        *,
        method: str = "POST",
        **headers: str,
    ) -> Reply:
        """Upload a raw body to ``bucket/name``."""
        sent = {"content_type": "text/plain", **headers}
        return self.call(method, f"/object/{quote(name)}", body=body, headers=_named(sent))

    def send_form(
        self, name: str, *parts: bytes, method: str = "POST", end: bytes | None = None, **head: str
    ) -> Reply:
        """Upload a multipart form to ``bucket/name``; its parts are made by ``part``."""
        sent = {"content_type": f"multipart/form-data; boundary={BOUNDARY}", **head}
        body = form(*parts, end=end)
        return self.call(method, f"/object/{quote(name)}", body=body, headers=_named(sent))

    def make_bucket(self, name: str = "b1", **settings: Any) -> None:
        """Make a bucket that a test wants to be there."""
        answer = self.post("/bucket", {"name": name, **settings})
        assert answer.status == 200, answer

    def keep(self, *names: str, content: bytes = b"hello", **headers: str) -> None:
        """Upload objects that a test wants to be there."""
        for name in names:
            answer = self.upload(name, content, **headers)
            assert answer.status == 200, (name, str(answer))

    def read(self, name: str) -> bytes | None:
        """Return an object's content, or None where it cannot be seen."""
        answer = self.get(f"/object/authenticated/{quote(name)}")
        return answer.body if answer.status == 200 else None

    def info(self, name: str) -> Any:
        """Return what ``info`` says of an object that is there."""
        answer = self.get(f"/object/info/{quote(name)}")
        assert answer.status == 200, answer
        return answer.json

    def names(self, bucket: str, prefix: str = "", **options: Any) -> list[str]:
        """Return the names in one folder, in the list's order."""
        answer = self.post(f"/object/list/{bucket}", {"prefix": prefix, **options})
        assert answer.status == 200, answer
        return [entry["name"] for entry in answer.json]


def part(
    content: bytes,
    name: str | None = "",
    *,
    filename: str | None = None,
    content_type: str | None = None,
) -> bytes:
    """Return one part of a form. Without ``filename`` and type it is a field."""
    lines = ["Content-Disposition: form-data"]
    lines[0] += f'; name="{name}"' if name is not None else ""
    lines[0] += f'; filename="{filename}"' if filename is not None else ""
    lines += [f"Content-Type: {content_type}"] if content_type else []
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def form(*parts: bytes, end: bytes | None = None) -> bytes:
    """Return a form as a body; ``end`` in the place of its proper end."""
    mark = f"--{BOUNDARY}".encode()
    body = b"".join(mark + b"\r\n" + one + b"\r\n" for one in parts)
    return body + (mark + b"--\r\n" if end is None else end)


def sign(backend: SupabaseBackend, claims: Mapping[str, Any], secret: str | None = None) -> str:
    """Sign a token with the project's secret, or another one."""
    return jwt.encode(dict(claims), secret or backend.jwt_secret, algorithm="HS256")


def sql(backend: SupabaseBackend, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements as the superuser and return the last one's rows."""
    with psycopg.connect(backend.database_url, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def files_on_disk(backend: SupabaseBackend) -> list[str]:
    """Return every file that Storage keeps for a backend, below its folder."""
    root = backend.storage_folder
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def assert_refused(
    answer: Reply,
    status: int,
    code: str,
    message: str | None = None,
    *,
    error: str | None = None,
    http_status: int = 400,
) -> None:
    """Check an error: ``status`` is the one in the body, ``http_status`` the one on the wire."""
    assert answer.status == http_status, answer
    assert answer.headers.get_content_type() == "application/json"
    seen = answer.json
    assert set(seen) == {"statusCode", "error", "message", "code"}, seen
    assert (seen["statusCode"], seen["code"]) == (str(status), code), seen
    if message is not None:
        assert seen["message"] == message
    if error is not None:
        assert seen["error"] == error


def _encoded(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-").title(): text for name, text in headers.items()}
