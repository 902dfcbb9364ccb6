"""Requests as botocore signs them, caught before they leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from hipflask.local.storage.s3.sent import SentRequest

ENDPOINT = "http://127.0.0.1:54321/storage/v1/s3"
PREFIX = "/storage/v1/s3"
ACCESS_KEY = "625729a08b95bf1b7ff351a663f3a23c"
SECRET = "850181e4652dd023b7a98c58ae0d2d34bd487ee0cc3254aed6eda37307425907"
#: Keys that some client or proxy writes in more than one way.
AWKWARD_KEYS = [
    *("a.txt", "a b.txt", "a  b", " lead", "trail ", "a+b", "a%20b", "a%2Fb", "100%", "a~b"),
    *("a//b", "/lead", "d/", "a/./b", "a/../b", "..", "a&b=c", "a?b", "a#b", "a:b;c,d@e$f!g"),
    *("it's (1)*.txt", "ünïcödé/日本語.txt", "😀", 'a[1]{2}|^`<>"\\', "%E4%BD%A0", "a\tb"),
]


def secrets(access_key: str, session_token: str | None) -> str | None:
    """The key pair of the stack, and a session's."""
    if session_token is not None:
        return "anon.key" if access_key == "stub" else None
    return SECRET if access_key == ACCESS_KEY else None


def client(endpoint: str = ENDPOINT, *, key: str = ACCESS_KEY, token: str | None = None) -> Any:
    """Return boto3's S3 client for the stack."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=SECRET if token is None else "anon.key",
        aws_session_token=token,
        region_name="local",
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
    )


def sent(
    method: str, url: str, headers: dict[str, str] | None = None, raw_path: str = ""
) -> SentRequest:
    """Return the request of ``url`` as the server sees it."""
    parts = urlsplit(url)
    named = {"host": parts.netloc, **(headers or {})}
    return SentRequest(method, raw_path or parts.path, parts.query, named)


@contextmanager
def caught(s3: Any) -> Iterator[list[AWSPreparedRequest]]:
    """Yield the list of the requests that ``s3`` would have sent."""
    requests: list[AWSPreparedRequest] = []

    def catch(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        requests.append(request)
        return AWSResponse(request.url, 200, {}, _Answer())

    s3.meta.events.register("before-send.s3", catch)
    yield requests


def sent_by(call: Callable[[Any], object], endpoint: str = ENDPOINT, **options: Any) -> Caught:
    """Return the last request of ``call``, which is given a client."""
    s3 = client(endpoint, **options)
    with caught(s3) as requests:
        call(s3)
    return Caught(requests[-1])


class Caught:
    """One request, in the shapes that the server's parts take."""

    def __init__(self, request: AWSPreparedRequest) -> None:
        headers = {
            name.lower(): value.decode() if isinstance(value, bytes) else str(value)
            for name, value in request.headers.items()
        }
        self.sent = sent(request.method, request.url, headers)
        body = request.body if request.body is not None else b""
        self.body: bytes = body if isinstance(body, bytes) else body.read()
        self.now = (
            datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            if "x-amz-date" in headers
            else datetime.now(UTC)
        )


class _Answer:
    """A document that says nothing, with the methods of urllib3's bodies."""

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        return iter([b"<Nothing/>"])

    def read(self, *_: object, **__: object) -> bytes:
        return b"<Nothing/>"
