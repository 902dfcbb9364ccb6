"""Buckets, by boto3."""

from __future__ import annotations

from typing import Any

import pytest

from hipflask.testing import SupabaseBackend
from tests.local.storage.s3.people import connect, refused, sql


def test_makes_lists_and_deletes(backend: SupabaseBackend) -> None:
    s3 = connect(backend)
    assert s3.create_bucket(Bucket="b")["Location"] == "/b"
    s3.create_bucket(Bucket="a", CreateBucketConfiguration={"LocationConstraint": "local"})
    assert [one["Name"] for one in s3.list_buckets()["Buckets"]] == ["a", "b"]
    assert s3.head_bucket(Bucket="a")["BucketRegion"] == "local"
    s3.delete_bucket(Bucket="a")
    assert [one["Name"] for one in s3.list_buckets()["Buckets"]] == ["b"]
    with refused("404"):
        s3.head_bucket(Bucket="a")


def test_is_private_unless_it_is_said(backend: SupabaseBackend, s3: Any) -> None:
    s3.create_bucket(Bucket="pub", ACL="public-read")
    rows = sql(backend, "select id, public from storage.buckets order by id")
    assert rows == [("box", False), ("pub", True)]


def test_has_its_name_once(s3: Any) -> None:
    with refused("BucketAlreadyExists", 409, "The resource already exists"):
        s3.create_bucket(Bucket="box")


def test_name_is_that_of_storage(s3: Any) -> None:
    s3.create_bucket(Bucket="UPPER.case_")
    with refused("InvalidBucketName", 400):
        s3.create_bucket(Bucket="x--table-s3")


def test_is_deleted_only_when_empty(s3: Any) -> None:
    s3.put_object(Bucket="box", Key="a")
    with refused("ResourceNotEmpty", 409):
        s3.delete_bucket(Bucket="box")


def test_with_an_upload_under_way_stays(s3: Any) -> None:
    upload = s3.create_multipart_upload(Bucket="box", Key="a")["UploadId"]
    with refused("ResourceReferenced", 409, "pending multipart"):
        s3.delete_bucket(Bucket="box")
    s3.abort_multipart_upload(Bucket="box", Key="a", UploadId=upload)
    s3.delete_bucket(Bucket="box")


@pytest.mark.parametrize(
    "operation",
    [
        *("delete_bucket", "list_objects", "list_objects_v2", "list_multipart_uploads"),
        *("get_bucket_location", "get_bucket_versioning", "get_bucket_acl"),
    ],
)
def test_that_is_missing(s3: Any, operation: str) -> None:
    with refused("NoSuchBucket", 404, "Bucket not found"):
        getattr(s3, operation)(Bucket="none")


def test_says_what_it_has_not(s3: Any) -> None:
    assert s3.get_bucket_location(Bucket="box")["LocationConstraint"] == "local"
    assert s3.get_bucket_versioning(Bucket="box")["Status"] == "Suspended"
    grants = s3.get_bucket_acl(Bucket="box")["Grants"]
    assert [one["Permission"] for one in grants] == ["FULL_CONTROL"]
    with refused("NoSuchCORSConfiguration", 404):
        s3.get_bucket_cors(Bucket="box")
    with refused("NotImplemented", 501):
        s3.put_bucket_versioning(Bucket="box", VersioningConfiguration={"Status": "Enabled"})
