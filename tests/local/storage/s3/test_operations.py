"""Which operation botocore's calls are, and what is refused rather than misunderstood."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.operations import OPERATIONS, operation_of
from hipflask.local.storage.s3.request import target_of
from tests.local.storage.s3.clients import PREFIX, client, sent, sent_by

BUCKET = {"Bucket": "box"}
OBJECT = {"Bucket": "box", "Key": "a/b.txt"}
PART = {**OBJECT, "UploadId": "u", "PartNumber": 1}
DELETE = {"Delete": {"Objects": [{"Key": "a"}]}}
PARTS = {"MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": "e"}]}}

CALLS: dict[str, Callable[[Any], object]] = {
    "ListBuckets": lambda s3: s3.list_buckets(),
    "CreateBucket": lambda s3: s3.create_bucket(**BUCKET),
    "HeadBucket": lambda s3: s3.head_bucket(**BUCKET),
    "DeleteBucket": lambda s3: s3.delete_bucket(**BUCKET),
    "GetBucketLocation": lambda s3: s3.get_bucket_location(**BUCKET),
    "ListObjectVersions": lambda s3: s3.list_object_versions(**BUCKET),
    "GetBucketVersioning": lambda s3: s3.get_bucket_versioning(**BUCKET),
    "GetBucketAcl": lambda s3: s3.get_bucket_acl(**BUCKET),
    "ListObjects": lambda s3: s3.list_objects(**BUCKET, Prefix="a/"),
    "ListObjectsV2": lambda s3: s3.list_objects_v2(**BUCKET, Prefix="a/"),
    "ListMultipartUploads": lambda s3: s3.list_multipart_uploads(**BUCKET),
    "DeleteObjects": lambda s3: s3.delete_objects(**BUCKET, **DELETE),
    "GetObject": lambda s3: s3.get_object(**OBJECT, Range="bytes=0-1"),
    "HeadObject": lambda s3: s3.head_object(**OBJECT),
    "PutObject": lambda s3: s3.put_object(**OBJECT, Body=b"x"),
    "CopyObject": lambda s3: s3.copy_object(**OBJECT, CopySource="other/é.txt"),
    "DeleteObject": lambda s3: s3.delete_object(**OBJECT),
    "GetObjectTagging": lambda s3: s3.get_object_tagging(**OBJECT),
    "GetObjectAcl": lambda s3: s3.get_object_acl(**OBJECT),
    "CreateMultipartUpload": lambda s3: s3.create_multipart_upload(**OBJECT),
    "UploadPart": lambda s3: s3.upload_part(**PART, Body=b"x"),
    "UploadPartCopy": lambda s3: s3.upload_part_copy(**PART, CopySource="other/a"),
    "ListParts": lambda s3: s3.list_parts(**OBJECT, UploadId="u"),
    "CompleteMultipartUpload": lambda s3: s3.complete_multipart_upload(
        **OBJECT, UploadId="u", **PARTS
    ),
    "AbortMultipartUpload": lambda s3: s3.abort_multipart_upload(**OBJECT, UploadId="u"),
}


def code_of(method: str, bucket: str, key: str, **query: str) -> str:
    with pytest.raises(S3Error) as refused:
        operation_of(method, bucket, key, query, {})
    return refused.value.code


@pytest.mark.parametrize("name", CALLS)
def test_recognises(name: str) -> None:
    target = target_of(sent_by(CALLS[name]).sent, PREFIX)
    assert target.operation.name == name
    assert target.bucket == ("" if name == "ListBuckets" else "box")
    assert target.key in ("", "a/b.txt")


def test_every_operation_has_a_call() -> None:
    assert {operation.name for operation in OPERATIONS} == CALLS.keys() | {"PostObject"}


def test_recognises_a_form() -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert operation_of("POST", "box", "", {}, headers).name == "PostObject"


def test_words_it_does_not_know_are_ignored() -> None:
    query = {"x-id": "GetObject", "versionId": "null"}
    assert operation_of("GET", "box", "a", query, {}).name == "GetObject"


@pytest.mark.parametrize(
    ("method", "key", "subresource"),
    [
        *(("PUT", "a", "tagging"), ("PUT", "a", "acl"), ("PUT", "a", "retention")),
        *(("DELETE", "a", "tagging"), ("PUT", "a", "uploadId"), ("PUT", "a", "partNumber")),
        *(("PUT", "", "policy"), ("PUT", "", "versioning"), ("DELETE", "", "lifecycle")),
        *(("PUT", "", "versions"), ("GET", "a", "torrent"), ("POST", "a", "restore")),
        *(("GET", "a", "attributes"), ("HEAD", "", "uploads")),
    ],
)
def test_a_subresource_is_never_the_plain_operation(
    method: str, key: str, subresource: str
) -> None:
    assert code_of(method, "box", key, **{subresource: ""}) == "NotImplemented"


@pytest.mark.parametrize(
    ("subresource", "code"),
    [("policy", "NoSuchBucketPolicy"), ("cors", "NoSuchCORSConfiguration")],
)
def test_says_that_a_bucket_has_none(subresource: str, code: str) -> None:
    assert code_of("GET", "box", "", **{subresource: ""}) == code


@pytest.mark.parametrize(
    ("method", "bucket", "key"),
    [
        *(("POST", "", ""), ("PUT", "", ""), ("DELETE", "", ""), ("HEAD", "", "")),
        *(("POST", "box", ""), ("PATCH", "box", "a"), ("TRACE", "box", "")),
    ],
)
def test_refuses_methods(method: str, bucket: str, key: str) -> None:
    assert code_of(method, bucket, key) == "MethodNotAllowed"


def test_a_presigned_upload_carries_its_metadata_in_the_query() -> None:
    """As the AWS SDKs for Go and JavaScript write it; botocore signs headers instead."""
    url = client().generate_presigned_url("put_object", Params=OBJECT)
    target = target_of(sent("PUT", url + "&x-amz-meta-note=a%20b&X-Amz-Acl=private"), PREFIX)
    assert target.headers["x-amz-meta-note"] == "a b"
    assert target.headers["x-amz-acl"] == "private"
    assert "x-amz-signature" not in target.headers


def test_the_query_of_another_request_is_no_header() -> None:
    target = target_of(sent("PUT", "http://h/storage/v1/s3/box/a?x-amz-copy-source=/b/c"), PREFIX)
    assert target.operation.name == "PutObject"
