"""Paths, queries and what an operation asks its call."""

from __future__ import annotations

import io

import pytest
from werkzeug.test import EnvironBuilder

from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.request import S3Call, target_of, xml_answer
from hipflask.local.storage.s3.sent import (
    SentRequest,
    bucket_and_key,
    query_values,
    sent_request,
)
from hipflask.local.storage.s3.signature import Signed, verify
from hipflask.local.storage.s3.signing import Signer
from tests.local.storage.s3.clients import PREFIX, Caught, secrets, sent_by

SIGNED = Signed("key", None, "", Signer("20130524T000000Z", "local", "s"), "UNSIGNED-PAYLOAD")


def call(query: str = "", **headers: str) -> S3Call:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = SentRequest("PUT", f"{PREFIX}/box/a", query, named)
    return S3Call(target_of(sent, PREFIX), SIGNED, io.BytesIO())


def received(caught: Caught) -> S3Call:
    signed = verify(caught.sent, secrets, caught.now)
    return S3Call(target_of(caught.sent, PREFIX), signed, io.BytesIO(caught.body))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", ("", "")),
        ("/", ("", "")),
        ("/box", ("box", "")),
        ("/box/", ("box", "")),
        ("/box/a", ("box", "a")),
        ("/box//a", ("box", "/a")),
        ("/box/a%2Fb", ("box", "a/b")),
        ("/box/a+b%2B", ("box", "a+b+")),
        ("/box/../x", ("box", "../x")),
        ("/box/d/", ("box", "d/")),
    ],
)
def test_splits_the_path(path: str, expected: tuple[str, str]) -> None:
    assert bucket_and_key(PREFIX + path, PREFIX) == expected


@pytest.mark.parametrize(
    "path", ["/s3/box", PREFIX + "x/box", PREFIX + "/box/%FF", PREFIX + "/%00"]
)
def test_refuses_paths(path: str) -> None:
    with pytest.raises(S3Error) as refused:
        bucket_and_key(path, PREFIX)
    assert refused.value.code == "InvalidURI"


def test_reads_the_query() -> None:
    assert query_values("a=1&b&c=x+y%2B&a=2&&d=") == {"a": "1", "b": "", "c": "x y+", "d": ""}


@pytest.mark.parametrize(
    "target", ["/storage/v1/s3/b/a%2Fb?x=1", "http://h/storage/v1/s3/b/a%2Fb?x=1"]
)
def test_takes_the_raw_target(target: str) -> None:
    environ = EnvironBuilder(method="GET", path="/").get_environ()
    environ["REQUEST_URI"] = environ["RAW_URI"] = target
    sent = sent_request(environ)
    assert (sent.path, sent.query) == ("/storage/v1/s3/b/a%2Fb", "x=1")


def test_does_without_a_raw_target() -> None:
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "/storage/v1",
        "PATH_INFO": "/s3/b/é ~.txt".encode().decode("latin-1"),
        "QUERY_STRING": "a=1",
        "HTTP_X_AMZ_DATE": "now",
        "CONTENT_LENGTH": "5",
        "CONTENT_TYPE": "",
    }
    sent = sent_request(environ)
    assert (sent.path, sent.query) == ("/storage/v1/s3/b/%C3%A9%20~.txt", "a=1")
    assert sent.headers == {"x-amz-date": "now", "content-length": "5"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("box/a.txt", ("box", "a.txt")),
        ("/box/a.txt", ("box", "a.txt")),
        ("box/a%20b%2Fc+d", ("box", "a b/c+d")),
        ("box//a?versionId=null", ("box", "/a")),
    ],
)
def test_reads_the_copy_source(source: str, expected: tuple[str, str]) -> None:
    assert call(x_amz_copy_source=source).copy_source() == expected


def test_reads_the_copy_source_that_botocore_sends() -> None:
    source = {"Bucket": "box", "Key": "é +?&#.txt"}
    caught = sent_by(lambda s3: s3.copy_object(Bucket="box", Key="b", CopySource=source))
    assert received(caught).copy_source() == ("box", "é +?&#.txt")


@pytest.mark.parametrize(
    ("source", "code"),
    [
        *(("", "InvalidArgument"), ("/", "InvalidArgument"), ("box", "InvalidArgument")),
        *(("box/", "InvalidArgument"), ("box/a?versionId=3", "NoSuchVersion")),
        ("box/%ff", "InvalidURI"),
    ],
)
def test_refuses_copy_sources(source: str, code: str) -> None:
    with pytest.raises(S3Error) as refused:
        call(x_amz_copy_source=source).copy_source()
    assert refused.value.code == code


def test_reads_metadata() -> None:
    assert call(x_amz_meta_Note="x", content_type="y").metadata() == {"Note": "x"}


def test_reads_numbers() -> None:
    listing = call("max-keys=5000")
    assert listing.number("max-keys", 1000, 1000) == 1000
    assert listing.number("max-parts", 7, 1000) == 7
    with pytest.raises(S3Error):
        call("max-keys=-1").number("max-keys", 1000, 1000)


def test_reads_a_whole_document() -> None:
    caught = sent_by(lambda s3: s3.delete_objects(Bucket="b", Delete={"Objects": [{"Key": "a"}]}))
    assert received(caught).document() == caught.body


def test_the_checksum_of_a_completion_is_not_that_of_its_body() -> None:
    caught = sent_by(
        lambda s3: s3.complete_multipart_upload(
            Bucket="b",
            Key="a",
            UploadId="u",
            ChecksumCRC32="AAAAAA==",
            MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": "e"}]},
        )
    )
    assert received(caught).document() == caught.body


def test_answers_with_a_document() -> None:
    answer = xml_answer("CopyObjectResult", {"ETag": '"e"'}, [("x-one", "1")])
    assert answer.body.endswith(b'><ETag>"e"</ETag></CopyObjectResult>')
    assert dict(answer.headers) == {"Content-Type": "application/xml", "x-one": "1"}
