"""What arrives broken, forged or too late leaves nothing behind."""

from __future__ import annotations

import base64
import io
import socket
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from hipflask.testing import SupabaseBackend
from tests.local.storage.s3.people import (
    connect,
    content,
    files_on_disk,
    keys,
    prepared,
    refused,
    send,
    signed,
    whole_body,
)

RAW = bytes(range(256)) * 800


def put(client: Any, body: Any = RAW, **options: Any) -> Any:
    """The signed request that would store ``a``."""
    return prepared(client, lambda s3: s3.put_object(Bucket="box", Key="a", Body=body, **options))


def code(answer: tuple[int, bytes]) -> str:
    """The code of an error, whose XML has no namespace: boto3 would not find it in one."""
    root = ElementTree.fromstring(answer[1])
    assert root.tag == "Error"
    assert root.findtext("RequestId")
    return root.findtext("Code", "")


@pytest.fixture
def nothing_left(backend: SupabaseBackend, s3: Any) -> Any:
    """boto3, after whose test nothing may be stored."""
    yield s3
    assert keys(s3) == []
    assert files_on_disk(backend) == []


def test_signature_is_needed(backend: SupabaseBackend, nothing_left: Any) -> None:
    request = put(nothing_left)
    answer = send(backend, request, without=("authorization",))
    assert (answer[0], code(answer)) == (403, "AccessDenied")
    assert b"Missing signature" in answer[1]
    headers = {"Authorization": f"Bearer {backend.service_role_key}"}
    assert code(send(backend, request, headers=headers)) == "AccessDenied"
    headers = {"Authorization": "AWS key:signature"}
    assert code(send(backend, request, headers=headers)) == "InvalidRequest"


@pytest.mark.parametrize(
    "changed",
    [
        {"Authorization": "{0}{1}"},
        {"x-amz-date": "20260101T000000Z"},
        {"x-amz-meta-one": "two"},
        {"x-amz-content-sha256": "0" * 64},
    ],
)
def test_signature_covers_what_counts(
    backend: SupabaseBackend, nothing_left: Any, changed: dict[str, str]
) -> None:
    request = put(nothing_left, Metadata={"one": "1"})
    name, text = next(iter(changed.items()))
    old = request.headers[name]
    old = old.decode() if isinstance(old, bytes) else old
    other = "1" if old.endswith("0") else "0"
    status, _ = send(backend, request, headers={name: text.format(old[:-1], other)}, without=())
    assert status in (400, 403)


def test_unsigned_headers_of_amazon_are_refused(
    backend: SupabaseBackend, nothing_left: Any
) -> None:
    answer = send(backend, put(nothing_left), headers={"x-amz-copy-source": "box/b"})
    assert (answer[0], code(answer)) == (403, "AccessDenied")
    assert b"x-amz-copy-source" in answer[1]


def test_path_is_the_one_that_was_signed(backend: SupabaseBackend, nothing_left: Any) -> None:
    request = put(nothing_left)
    answer = send(backend, request, url=request.url.replace("/box/a", "/box/b"))
    assert (answer[0], code(answer)) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("minutes", [-16, 16])
def test_clock_may_not_be_far_off(
    backend: SupabaseBackend, nothing_left: Any, minutes: int
) -> None:
    backend.clock.advance(minutes=minutes)
    with refused("RequestTimeTooSkewed", 403):
        nothing_left.list_buckets()
    backend.clock.advance(minutes=-minutes)


def test_clock_may_be_a_little_off(backend: SupabaseBackend, s3: Any) -> None:
    backend.clock.advance(minutes=14)
    s3.list_buckets()


def test_body_is_the_one_that_was_signed(backend: SupabaseBackend, nothing_left: Any) -> None:
    answer = send(backend, put(nothing_left), body=RAW[:-1] + b"x")
    assert (answer[0], code(answer)) == (400, "XAmzContentSHA256Mismatch")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"ContentMD5": base64.b64encode(b"0" * 16).decode()}, "BadDigest"),
        ({"ContentMD5": "rubbish"}, "InvalidDigest"),
        ({"ChecksumCRC32": "AAAAAA=="}, "BadDigest"),
        ({"ChecksumSHA256": base64.b64encode(b"0" * 32).decode()}, "BadDigest"),
        ({"ChecksumSHA1": "AAAA"}, "InvalidRequest"),
    ],
)
def test_checksums_hold(nothing_left: Any, options: dict[str, str], expected: str) -> None:
    with refused(expected, 400):
        nothing_left.put_object(Bucket="box", Key="a", Body=b"hello", **options)


def test_refused_body_leaves_the_old_object(s3: Any) -> None:
    s3.put_object(Bucket="box", Key="a", Body=b"old")
    with refused("BadDigest"):
        s3.put_object(Bucket="box", Key="a", Body=b"new", ChecksumCRC32="AAAAAA==")
    assert content(s3, "a") == b"old"


def test_part_is_checked_too(backend: SupabaseBackend, nothing_left: Any) -> None:
    upload = nothing_left.create_multipart_upload(Bucket="box", Key="a")["UploadId"]
    named = {"Bucket": "box", "Key": "a", "UploadId": upload, "PartNumber": 1}
    with refused("BadDigest"):
        nothing_left.upload_part(**named, Body=b"new", ChecksumCRC32="AAAAAA==")
    assert "Parts" not in nothing_left.list_parts(Bucket="box", Key="a", UploadId=upload)


def streamed(backend: SupabaseBackend) -> Any:
    """What boto3 sends over TLS: aws-chunked, its checksum in a trailer."""
    request = put(connect(backend, scheme="https"), io.BytesIO(RAW))
    assert request.headers["x-amz-trailer"]
    del request.headers["Transfer-Encoding"]
    return request


def test_chunks_and_trailer_arrive(backend: SupabaseBackend, s3: Any) -> None:
    assert send(backend, streamed(backend))[0] == 200
    assert content(s3, "a") == RAW


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"x-amz-checksum-crc32:", b"x-amz-checksum-crc32:AAAA", "InvalidRequest"),
        (b"\x00\x01\x02", b"\x00\x01\x03", "BadDigest"),
        (b"\r\n0\r\n", b"\r\n5\r\n", "IncompleteBody"),
        (b"x-amz-checksum-crc32", b"x-amz-checksum-crcXX", "MalformedTrailerError"),
    ],
)
def test_chunks_must_be_right(
    backend: SupabaseBackend, nothing_left: Any, old: bytes, new: bytes, expected: str
) -> None:
    request = streamed(backend)
    answer = send(backend, request, body=whole_body(request).replace(old, new, 1))
    assert (answer[0], code(answer)) == (400, expected)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("part", [0.0, 0.5, 0.999])
def test_client_that_hangs_up_leaves_nothing(
    backend: SupabaseBackend, nothing_left: Any, chunked: bool, part: float
) -> None:
    request = streamed(backend) if chunked else put(nothing_left)
    body = whole_body(request)
    address = urlsplit(backend.url)
    lines = [f"PUT {urlsplit(request.url).path} HTTP/1.1"]
    if "host" not in {name.lower() for name in request.headers}:
        lines.append(f"Host: {address.netloc}")
    for name, value in request.headers.items():
        if name.lower() not in ("expect", "transfer-encoding", "content-length"):
            lines.append(f"{name}: {value.decode() if isinstance(value, bytes) else value}")
    lines.append(f"Content-Length: {len(body)}")
    with socket.create_connection((address.hostname, address.port or 0), timeout=20) as peer:
        peer.sendall("\r\n".join([*lines, "", ""]).encode() + body[: int(len(body) * part)])
        peer.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: peer.recv(65536), b""))
    assert b"IncompleteBody" in answer


def test_length_is_needed(backend: SupabaseBackend, nothing_left: Any) -> None:
    request = put(nothing_left)
    answer = send(backend, request, body=iter([RAW]), without=("content-length",))
    assert (answer[0], code(answer)) == (411, "MissingContentLength")


BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha">%s]><Delete>
<Object><Key>&b;</Key></Object></Delete>""" % b"".join(
    b'<!ENTITY c%d "%s">' % (i, b"&b;" * 99) for i in range(9)
)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"rubbish", b"<Delete>", b"<Other/>", b"<Delete/>", BOMB, b"<a>" * 5000),
        b"<Delete><Object><Key></Key></Object></Delete>",
        b"<Delete>" + b"<Object><Key>a</Key></Object>" * 1001 + b"</Delete>",
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><Delete><Object><Key>a</Key></Object></Delete>',
    ],
)
def test_documents_are_not_trusted(backend: SupabaseBackend, s3: Any, body: bytes) -> None:
    s3.put_object(Bucket="box", Key="a", Body=b"hello")
    answer = send(backend, signed(backend, "POST", "/box?delete", body))
    assert (answer[0], code(answer)) == (400, "MalformedXML")
    assert keys(s3) == ["a"]


def test_methods_are_few(backend: SupabaseBackend, s3: Any) -> None:
    answer = send(backend, signed(backend, "PATCH", "/box/a"))
    assert (answer[0], code(answer)) == (405, "MethodNotAllowed")


def test_error_of_our_own_is_told_as_one(backend: SupabaseBackend, s3: Any) -> None:
    s3.put_object(Bucket="box", Key="a", Body=b"hello")
    for path in (backend.storage_folder / "objects").rglob("*"):
        if path.is_file():
            path.unlink()
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket="box", Key="a")
