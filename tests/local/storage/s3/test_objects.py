"""One object, by boto3: writing, reading, deleting."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hipflask.testing import SupabaseBackend
from tests.local.storage.s3.people import connect, content, files_on_disk, keys, refused, sql

HELLO = '"5d41402abc4b2a76b9719d911017c592"'


def test_comes_back_as_it_went(s3: Any) -> None:
    put = s3.put_object(
        Bucket="box",
        Key="f/a b+c.txt",
        Body=b"hello",
        ContentType="text/css",
        CacheControl="max-age=60",
        Metadata={"one": "1", "my_key": "two words"},
    )
    assert put["ETag"] == HELLO
    got = s3.get_object(Bucket="box", Key="f/a b+c.txt")
    head = s3.head_object(Bucket="box", Key="f/a b+c.txt")
    assert got["Body"].read() == b"hello"
    for answer in (got, head):
        assert answer["ETag"] == HELLO
        assert answer["ContentLength"] == 5
        assert answer["ContentType"] == "text/css"
        assert answer["CacheControl"] == "max-age=60"
        assert answer["Metadata"] == {"one": "1", "my_key": "two words"}
        assert abs(answer["LastModified"] - datetime.now(UTC)) < timedelta(minutes=1)


def test_is_the_same_by_rest(backend: SupabaseBackend, s3: Any) -> None:
    s3.put_object(Bucket="box", Key="a", Body=b"hello", ContentType="text/css", Metadata={"x": "y"})
    headers = {"Authorization": f"Bearer {backend.service_role_key}"}
    got = backend.request("GET", "/storage/v1/object/info/box/a", headers=headers).get_json()
    assert (got["size"], got["content_type"], got["etag"]) == (5, "text/css", HELLO)
    assert got["metadata"] == {"x": "y"}


def test_metadata_that_no_header_can_say_is_counted(backend: SupabaseBackend, s3: Any) -> None:
    s3.put_object(Bucket="box", Key="a")
    sql(
        backend,
        """update storage.objects set user_metadata = '{"Good": "x", "n": 1, "e": "é", "": "y"}'""",
    )
    head = s3.head_object(Bucket="box", Key="a")
    assert head["Metadata"] == {"good": "x"}
    assert head["MissingMeta"] == 3


def test_has_types_for_nothing_said(s3: Any) -> None:
    s3.put_object(Bucket="box", Key="a")
    head = s3.head_object(Bucket="box", Key="a")
    assert (head["ContentType"], head["CacheControl"]) == ("application/octet-stream", "no-cache")


def test_is_replaced_with_its_metadata(backend: SupabaseBackend, s3: Any) -> None:
    s3.put_object(Bucket="box", Key="a", Body=b"one", Metadata={"x": "y"})
    s3.put_object(Bucket="box", Key="a", Body=b"two")
    assert s3.head_object(Bucket="box", Key="a")["Metadata"] == {}
    assert content(s3, "a") == b"two"
    assert files_on_disk(backend) == ["objects"]


@pytest.mark.parametrize(
    ("asked", "part", "said"),
    [
        ("bytes=0-1", b"he", "bytes 0-1/5"),
        ("bytes=3-", b"lo", "bytes 3-4/5"),
        ("bytes=-2", b"lo", "bytes 3-4/5"),
        ("bytes=1-99", b"ello", "bytes 1-4/5"),
    ],
)
def test_is_read_in_part(s3: Any, asked: str, part: bytes, said: str) -> None:
    s3.put_object(Bucket="box", Key="a", Body=b"hello")
    got = s3.get_object(Bucket="box", Key="a", Range=asked)
    assert (got["Body"].read(), got["ContentRange"]) == (part, said)
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206


@pytest.mark.parametrize("asked", ["bytes=5-", "bytes=3-1", "bytes=0-1,3-4", "lines=1-2", "x"])
def test_has_no_such_part(s3: Any, asked: str) -> None:
    s3.put_object(Bucket="box", Key="a", Body=b"hello")
    with refused("InvalidRange", 416):
        s3.get_object(Bucket="box", Key="a", Range=asked)


PAST, FUTURE = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("conditions", "code"),
    [
        ({"IfMatch": HELLO}, "OK"),
        ({"IfMatch": "5d41402abc4b2a76b9719d911017c592"}, "OK"),
        ({"IfMatch": "*"}, "OK"),
        ({"IfMatch": '"x"'}, "412"),
        ({"IfMatch": f'"x", {HELLO}'}, "OK"),
        ({"IfNoneMatch": HELLO}, "304"),
        ({"IfNoneMatch": "*"}, "304"),
        ({"IfNoneMatch": '"x"'}, "OK"),
        ({"IfModifiedSince": PAST}, "OK"),
        ({"IfModifiedSince": FUTURE}, "304"),
        ({"IfUnmodifiedSince": PAST}, "412"),
        ({"IfUnmodifiedSince": FUTURE}, "OK"),
        ({"IfMatch": HELLO, "IfUnmodifiedSince": PAST}, "OK"),
        ({"IfNoneMatch": '"x"', "IfModifiedSince": FUTURE}, "OK"),
        ({"IfMatch": '"x"', "IfNoneMatch": HELLO}, "412"),
    ],
)
def test_is_read_on_conditions(s3: Any, conditions: Any, code: str) -> None:
    s3.put_object(Bucket="box", Key="a", Body=b"hello")
    for read in (s3.head_object, s3.get_object):
        if code == "OK":
            assert read(Bucket="box", Key="a", **conditions)["ContentLength"] == 5
        else:
            named = "PreconditionFailed" if code == "412" and read == s3.get_object else code
            with refused(named, int(code)):
                read(Bucket="box", Key="a", **conditions)


def test_its_own_time_is_no_change(s3: Any) -> None:
    s3.put_object(Bucket="box", Key="a", Body=b"hello")
    changed = s3.head_object(Bucket="box", Key="a")["LastModified"]
    with refused("304", 304):
        s3.get_object(Bucket="box", Key="a", IfModifiedSince=changed)
    s3.get_object(Bucket="box", Key="a", IfUnmodifiedSince=changed)


@pytest.mark.parametrize("condition", [{"IfNoneMatch": "*"}, {"IfMatch": HELLO}])
def test_is_not_written_on_conditions(s3: Any, condition: dict[str, str]) -> None:
    with refused("NotImplemented", 501):
        s3.put_object(Bucket="box", Key="a", Body=b"hello", **condition)
    assert keys(s3) == []


def test_goes_by_other_headers_on_request(s3: Any) -> None:
    s3.put_object(Bucket="box", Key="a", Body=b"hello")
    got = s3.get_object(
        Bucket="box",
        Key="a",
        ResponseContentType="text/csv",
        ResponseContentDisposition='attachment; filename="a.csv"',
        ResponseCacheControl="no-store",
        ResponseContentLanguage="en\r\nx-evil: 1",
    )
    assert got["ContentType"] == "text/csv"
    assert got["ContentDisposition"] == 'attachment; filename="a.csv"'
    assert got["CacheControl"] == "no-store"
    assert "ContentLanguage" not in got
    assert "x-evil" not in got["ResponseMetadata"]["HTTPHeaders"]


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/xhtml+xml"])
@pytest.mark.parametrize("stored", [True, False])
def test_runs_no_script_in_a_browser(s3: Any, kind: str, stored: bool) -> None:
    s3.put_object(Bucket="box", Key="a", Body=b"<script>", ContentType=kind if stored else "a/b")
    asked = {} if stored else {"ResponseContentType": kind}
    got = s3.get_object(Bucket="box", Key="a", **asked)
    headers = got["ResponseMetadata"]["HTTPHeaders"]
    assert headers["content-type"] == kind
    assert "sandbox" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_that_is_missing(s3: Any) -> None:
    with refused("NoSuchKey", 404, "Object not found"):
        s3.get_object(Bucket="box", Key="none")
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket="none", Key="none")
    with refused("404"):
        s3.head_object(Bucket="box", Key="none")
    with refused("NoSuchBucket", 404):
        s3.put_object(Bucket="none", Key="a", Body=b"x")


def test_has_one_version_and_no_tags(s3: Any) -> None:
    s3.put_object(Bucket="box", Key="a")
    s3.get_object(Bucket="box", Key="a", VersionId="null")
    with refused("NoSuchVersion", 404):
        s3.get_object(Bucket="box", Key="a", VersionId="7")
    with refused("NoSuchVersion", 404):
        s3.delete_object(Bucket="box", Key="a", VersionId="7")
    assert s3.get_object_tagging(Bucket="box", Key="a")["TagSet"] == []
    assert s3.get_object_acl(Bucket="box", Key="a")["Owner"]["ID"] == "supabase"
    with refused("NotImplemented", 501):
        s3.put_object_tagging(
            Bucket="box", Key="a", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]}
        )
    assert keys(s3) == ["a"]


def test_a_folder_is_a_placeholder(s3: Any) -> None:
    s3.put_object(Bucket="box", Key="d/")
    assert keys(s3) == ["d/.emptyFolderPlaceholder"]
    s3.put_object(Bucket="box", Key="e/", Body=b"no folder")
    assert content(s3, "e/") == b"no folder"


@pytest.mark.parametrize("key", ["a#b", "h%20h", "日本語", "a\\b", "a~b", "x" * 1025, "a\tb"])
def test_has_a_key_that_storage_takes(backend: SupabaseBackend, s3: Any, key: str) -> None:
    with refused("InvalidKey", 400):
        s3.put_object(Bucket="box", Key=key, Body=b"x")
    with refused("InvalidKey", 400):
        s3.create_multipart_upload(Bucket="box", Key=key)
    assert files_on_disk(backend) == []


@pytest.mark.parametrize("key", ["a//b", "/lead", "it's (1)*.txt", "a:b;c,d@e$f!g", "a&b=c", "a?b"])
def test_may_have_an_awkward_key(s3: Any, key: str) -> None:
    s3.put_object(Bucket="box", Key=key, Body=b"hello")
    assert keys(s3) == [key]
    assert content(s3, key) == b"hello"
    s3.delete_object(Bucket="box", Key=key)
    assert keys(s3) == []


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksum_is_told_again(s3: Any, algorithm: str) -> None:
    put = s3.put_object(Bucket="box", Key="a", Body=b"hello", ChecksumAlgorithm=algorithm)
    assert put[f"Checksum{algorithm}"]


def test_is_deleted(backend: SupabaseBackend, s3: Any) -> None:
    s3.put_object(Bucket="box", Key="a", Body=b"hello")
    s3.delete_object(Bucket="box", Key="a")
    s3.delete_object(Bucket="box", Key="a")
    with refused("NoSuchBucket", 404):
        s3.delete_object(Bucket="none", Key="a")
    assert files_on_disk(backend) == []


def test_many_are_deleted(backend: SupabaseBackend, s3: Any) -> None:
    for name in ("a", "b&<c>", "d"):
        s3.put_object(Bucket="box", Key=name.replace("<c>", "c"), Body=b"x")
    asked = [{"Key": name} for name in ("a", "none", "b&c", "a")]
    answer = s3.delete_objects(Bucket="box", Delete={"Objects": asked})
    assert answer["Deleted"] == asked
    assert "Errors" not in answer
    assert keys(s3) == ["d"]
    quiet = s3.delete_objects(Bucket="box", Delete={"Objects": [{"Key": "d"}], "Quiet": True})
    assert "Deleted" not in quiet
    assert files_on_disk(backend) == []
    with refused("NoSuchBucket", 404):
        s3.delete_objects(Bucket="none", Delete={"Objects": [{"Key": "a"}]})


def test_obeys_its_bucket(backend: SupabaseBackend, s3: Any) -> None:
    sql(
        backend,
        "update storage.buckets set file_size_limit = 5, allowed_mime_types = '{text/*}'",
    )
    s3.put_object(Bucket="box", Key="a", Body=b"hello", ContentType="text/css")
    with refused("EntityTooLarge", 413):
        s3.put_object(Bucket="box", Key="a", Body=b"hello!", ContentType="text/css")
    with refused("InvalidMimeType", 415):
        s3.put_object(Bucket="box", Key="a", Body=b"hello", ContentType="image/png")
    with refused("InvalidMimeType", 415):
        s3.create_multipart_upload(Bucket="box", Key="a")
    assert content(s3, "a") == b"hello"
    assert files_on_disk(backend) == ["objects"]


def test_may_be_large(s3: Any) -> None:
    raw = bytes(range(256)) * 40_000
    s3.put_object(Bucket="box", Key="a", Body=raw)
    assert hashlib.sha256(content(s3, "a")).digest() == hashlib.sha256(raw).digest()


@pytest.mark.supabase(storage={"s3_protocol": {"enabled": False}})
def test_is_not_served_when_switched_off(backend: SupabaseBackend) -> None:
    with refused("NotImplemented", 501, "storage.s3_protocol.enabled"):
        connect(backend).list_buckets()
