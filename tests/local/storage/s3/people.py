"""S3 clients of a backend, in the eyes of several people."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import boto3
import psycopg
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from hipflask.testing import SupabaseBackend
from tests.local.storage.s3.clients import caught


def connect(backend: SupabaseBackend, token: str | None = None, *, scheme: str = "http") -> Any:
    """Return boto3's client with the project's keys, or with a session's token."""
    keys = backend.keys
    pair = (keys.s3_access_key_id, keys.s3_secret_access_key)
    access_key, secret = pair if token is None else ("stub", keys.anon_key)
    return boto3.client(
        "s3",
        endpoint_url=backend.url.replace("http:", f"{scheme}:") + "/storage/v1/s3",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        region_name="local",
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
    )


@contextmanager
def refused(code: str, status: int | None = None, message: str = "") -> Iterator[None]:
    """Expect a refusal with this code; of HEAD, which has no body, with this status as text."""
    with pytest.raises(ClientError) as error:
        yield
    answer: Any = error.value.response
    assert answer["Error"]["Code"] == code, answer
    assert message in answer["Error"].get("Message", "")
    if status is not None:
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == status


def outcome(call: Callable[[], Any]) -> Any:
    """Return what a call returns, or the code of its refusal."""
    try:
        return call()
    except ClientError as error:
        return error.response["Error"]["Code"]


def prepared(client: Any, call: Callable[[Any], Any]) -> AWSPreparedRequest:
    """Return the signed request that ``call`` would have sent."""
    with caught(client) as requests:
        call(client)
    return requests[-1]


def signed(
    backend: SupabaseBackend, method: str, path: str, body: bytes = b""
) -> AWSPreparedRequest:
    """Return a request of any kind, signed as it should be."""
    request = AWSRequest(method, f"{backend.url}/storage/v1/s3{path}", data=body)
    keys = backend.keys
    pair = Credentials(keys.s3_access_key_id, keys.s3_secret_access_key)
    S3SigV4Auth(pair, "s3", "local").add_auth(request)
    return request.prepare()


def send(
    backend: SupabaseBackend,
    request: AWSPreparedRequest,
    *,
    body: Any = None,
    headers: dict[str, str] | None = None,
    without: tuple[str, ...] = (),
    url: str = "",
) -> tuple[int, bytes]:
    """Send a signed request, perhaps with something changed; return status and body."""
    target = urlsplit(url or request.url)
    sent = {
        name: value.decode() if isinstance(value, bytes) else str(value)
        for name, value in {**request.headers, **(headers or {})}.items()
        if name.lower() not in without
    }
    if body is None:
        body = whole_body(request)
    address = urlsplit(backend.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
    try:
        path = target.path + (f"?{target.query}" if target.query else "")
        connection.request(request.method, path, body, sent)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def whole_body(request: AWSPreparedRequest) -> bytes:
    """Return the body of a request that was not sent."""
    if not hasattr(request.body, "read"):
        return bytes(request.body or b"")
    request.body.seek(0)
    return bytes(request.body.read())


def keys(client: Any, bucket: str = "box", **options: Any) -> list[str]:
    """Return the keys in a bucket."""
    answer = client.list_objects_v2(Bucket=bucket, **options)
    return [one["Key"] for one in answer.get("Contents", [])]


def content(client: Any, key: str, bucket: str = "box") -> bytes:
    """Return an object's content."""
    body: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def sql(backend: SupabaseBackend, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements as the superuser and return the last one's rows."""
    with psycopg.connect(backend.database_url, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []


def files_on_disk(backend: SupabaseBackend) -> list[str]:
    """Return every file that Storage keeps for a backend, by the folder it lies in."""
    root = backend.storage_folder
    return sorted(path.relative_to(root).parts[0] for path in root.rglob("*") if path.is_file())
