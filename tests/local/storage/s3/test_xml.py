"""The XML that is written and the XML that is not trusted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from botocore.model import ServiceModel
from botocore.parsers import RestXMLParser
from botocore.session import get_session

from hipflask.local.storage.s3.documents import (
    CompletedPart,
    part_number,
    read_completion,
    read_deletion,
)
from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.xml import document, error_document, parse, timestamp
from tests.local.storage.s3.clients import Caught, sent_by

NAMESPACE = b' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
BOMB = b"""<?xml version="1.0"?><!DOCTYPE Delete [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><Delete><Object><Key>&b;</Key></Object></Delete>"""
FILE = b"""<!DOCTYPE Delete [<!ENTITY f SYSTEM "file:///etc/hostname">]>
<Delete><Object><Key>&f;</Key></Object></Delete>"""


def test_writes_lists_and_leaves_none_out() -> None:
    raw = document("R", {"A": ["1", "2"], "B": None, "C": {"D": True, "E": 5}, "F": []})
    assert raw.endswith(b"><A>1</A><A>2</A><C><D>true</D><E>5</E></C></R>")
    assert NAMESPACE in raw


def test_escapes_what_a_key_may_contain() -> None:
    raw = document("R", {"Key": "<&>\"'\r\x00\x1b 日本\ud800"}, namespace="")
    assert parse(raw, "R").value("Key") == "<&>\"'\r\ufffd\ufffd 日本\ufffd"


def test_writes_moments_in_utc() -> None:
    moment = datetime(2026, 11, 22, 8, 0, 0, 622_999, tzinfo=timezone(timedelta(hours=2)))
    assert timestamp(moment) == "2026-11-22T06:00:00.622Z"
    assert timestamp(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000Z"


def test_botocore_reads_the_error() -> None:
    raw = error_document(
        S3Error("NoSuchKey", details={"Key": "a&b"}), "/box/a&b", "4442587FB7D0A2F9"
    )
    operation = _model().operation_model("GetObject")
    answer = {"status_code": 404, "headers": {}, "body": raw}
    seen = RestXMLParser().parse(answer, operation.output_shape)
    assert seen["Error"]["Code"] == "NoSuchKey"
    assert seen["Error"]["Message"] == "Object not found"


def test_botocore_reads_a_listing() -> None:
    raw = document(
        "ListBucketResult",
        {
            "Name": "box",
            "IsTruncated": False,
            "Contents": [
                {"Key": "a&b", "Size": 3, "LastModified": datetime(2026, 1, 1, tzinfo=UTC)}
            ],
            "CommonPrefixes": [{"Prefix": "d/"}],
        },
    )
    answer = {"status_code": 200, "headers": {}, "body": raw}
    seen = RestXMLParser().parse(answer, _model().operation_model("ListObjectsV2").output_shape)
    assert [item["Key"] for item in seen["Contents"]] == ["a&b"]
    assert seen["CommonPrefixes"] == [{"Prefix": "d/"}]


def _model() -> ServiceModel:
    return get_session().get_service_model("s3")


@pytest.mark.parametrize("keys", [["a"], ["a b", "<&>", "日本", "a\nb", "a\rb"]])
def test_reads_the_deletion_that_botocore_sends(keys: list[str]) -> None:
    objects = [{"Key": key} for key in keys]
    caught = sent_by(
        lambda s3: s3.delete_objects(Bucket="box", Delete={"Objects": objects, "Quiet": True})
    )
    deletion = read_deletion(caught.body)
    assert (list(deletion.keys), deletion.quiet) == (keys, True)


def test_reads_the_completion_that_botocore_sends() -> None:
    assert read_completion(completion(1, 2, 10_000).body) == (
        CompletedPart(1, "e1"),
        CompletedPart(2, "e2"),
        CompletedPart(10_000, "e10000"),
    )


def completion(*numbers: int) -> Caught:
    parts = [{"PartNumber": number, "ETag": f'"e{number}"'} for number in numbers]
    return sent_by(
        lambda s3: s3.complete_multipart_upload(
            Bucket="box", Key="a", UploadId="u", MultipartUpload={"Parts": parts}
        )
    )


@pytest.mark.parametrize("root", [b"Delete", b"Delete" + NAMESPACE, b'x:Delete xmlns:x="urn:x"'])
def test_namespaces_do_not_matter(root: bytes) -> None:
    end = root.split()[0]
    raw = b"<%s><Object><Key>a</Key></Object></%s>" % (root, end)
    assert read_deletion(raw).keys == ("a",)


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"  ", b"rubbish", b"<Delete>", b"<Other/>", b"<Delete/>", b"\xff\xfe"),
        b"<Delete><Object><Key></Key></Object></Delete>",
        b"<Delete><Object/></Delete>",
        b"<Delete>" + b"<Object><Key>a</Key></Object>" * 1001 + b"</Delete>",
        b"<Delete>" + b"<a>" * 20 + b"</a>" * 20 + b"</Delete>",
        b"<Delete>" + b"<a/>" * 200_000 + b"</Delete>",
        b"<Delete>" + b" " * (9 << 20) + b"</Delete>",
        *(BOMB, FILE),
    ],
)
def test_refuses_what_is_no_deletion(raw: bytes) -> None:
    with pytest.raises(S3Error) as refused:
        read_deletion(raw)
    assert refused.value.code == "MalformedXML"


def test_an_empty_completion_means_every_part() -> None:
    assert read_completion(b"") == ()


@pytest.mark.parametrize("numbers", [(2, 1), (1, 1)])
def test_refuses_parts_out_of_order(numbers: tuple[int, ...]) -> None:
    with pytest.raises(S3Error) as refused:
        read_completion(completion(*numbers).body)
    assert refused.value.code == "InvalidPartOrder"


@pytest.mark.parametrize("value", ["0", "10001", "-1", "1.5", "", "one", "١"])
def test_refuses_part_numbers(value: str) -> None:
    with pytest.raises(S3Error) as refused:
        part_number(value)
    assert refused.value.code == "InvalidArgument"
