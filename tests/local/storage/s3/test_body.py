"""Bodies against what their headers promise, sent by botocore or changed on the way."""

from __future__ import annotations

import base64
import hashlib
import io
from typing import Any

import pytest

from hipflask.local.storage.s3.body import Body, open_body
from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.signature import Signed, verify
from hipflask.local.storage.s3.signing import Signer
from tests.local.storage.s3.clients import ENDPOINT, Caught, secrets, sent_by

CONTENT = bytes(range(256)) * 1000
HTTPS = ENDPOINT.replace("http:", "https:")
SIGNER = Signer("20130524T000000Z", "local", "secret")
#: The others botocore computes only with a C library beside it.
ALGORITHMS = ["CRC32", "SHA1", "SHA256", "SHA512"]


def put(content: Any = CONTENT, *, endpoint: str = ENDPOINT, **parameters: Any) -> Caught:
    return sent_by(
        lambda s3: s3.put_object(Bucket="box", Key="a", Body=content, **parameters), endpoint
    )


def received(caught: Caught, changed: bytes | None = None) -> Body:
    signed = verify(caught.sent, secrets, caught.now)
    raw = caught.body if changed is None else changed
    return open_body(io.BytesIO(raw), caught.sent.headers, signed)


def opened(raw: bytes, payload: str = "UNSIGNED-PAYLOAD", **headers: str) -> Body:
    signed = Signed("key", None, "0" * 64, SIGNER, payload)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return open_body(io.BytesIO(raw), named, signed)


def refusal(body: Body) -> str:
    with pytest.raises(S3Error) as refused:
        body.read()
    return refused.value.code


@pytest.mark.parametrize("endpoint", [ENDPOINT, HTTPS])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_reads_what_botocore_sends(endpoint: str, algorithm: str) -> None:
    body = received(put(io.BytesIO(CONTENT), endpoint=endpoint, ChecksumAlgorithm=algorithm))
    assert body.length == len(CONTENT)
    assert body.read() == CONTENT
    assert set(body.checksums) == {algorithm.lower()}


def test_botocore_streams_over_https() -> None:
    caught = put(io.BytesIO(CONTENT), endpoint=HTTPS)
    assert caught.sent.headers["x-amz-content-sha256"] == "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


@pytest.mark.parametrize("endpoint", [ENDPOINT, HTTPS])
def test_refuses_another_content(endpoint: str) -> None:
    caught = put(io.BytesIO(CONTENT), endpoint=endpoint)
    changed = caught.body.replace(b"\x10\x11", b"\x11\x10", 1)
    assert refusal(received(caught, changed)) in {"XAmzContentSHA256Mismatch", "BadDigest"}


def test_refuses_half_a_body() -> None:
    caught = put()
    assert refusal(received(caught, caught.body[:-1])) == "IncompleteBody"


def test_stops_at_the_end_of_the_body() -> None:
    body = opened(b"abcNEXT", content_length="3")
    assert (body.read(), body.read()) == (b"abc", b"")


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
def test_any_size_of_read_gives_the_same(size: int) -> None:
    body = opened(b"abcdefg", content_length="7")
    assert b"".join(iter(lambda: body.read(size), b"")) == b"abcdefg"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"content_md5": base64.b64encode(bytes(16)).decode()}, "BadDigest"),
        ({"content_md5": "rubbish"}, "InvalidDigest"),
        ({"x_amz_checksum_crc32": "AAAAAA=="}, "BadDigest"),
        ({"x_amz_checksum_crc32": "AAAA"}, "InvalidRequest"),
        ({"content_length": "three"}, "InvalidArgument"),
        ({"content_length": "-3"}, "InvalidArgument"),
        ({"payload": "0" * 64}, "XAmzContentSHA256Mismatch"),
        ({"payload": "rubbish"}, "InvalidArgument"),
        ({"payload": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}, "MissingContentLength"),
    ],
)
def test_refuses_broken_promises(headers: dict[str, str], code: str) -> None:
    with pytest.raises(S3Error) as refused:
        opened(b"abc", **{"content_length": "3", **headers}).read()
    assert refused.value.code == code


def test_keeps_promises() -> None:
    md5 = base64.b64encode(hashlib.md5(b"abc").digest()).decode()
    sha256 = hashlib.sha256(b"abc").hexdigest().upper()
    assert opened(b"abc", sha256, content_length="3", content_md5=md5).read() == b"abc"


def test_without_a_length_there_is_nothing() -> None:
    assert opened(b"next request").length == 0


def test_a_chunked_transfer_has_no_length() -> None:
    body = opened(b"abc", transfer_encoding="chunked")
    assert (body.length, body.read()) == (None, b"abc")


def test_a_streamed_body_ends_where_the_request_does() -> None:
    raw = b"3\r\nabc\r\n0\r\n\r\n"
    body = opened(
        raw + b"GET / HTTP/1.1",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        content_length=str(len(raw)),
        x_amz_decoded_content_length="3",
    )
    assert body.read() == b"abc"
