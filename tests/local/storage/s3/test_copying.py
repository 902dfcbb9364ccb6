"""Copies, by boto3."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hipflask.testing import SupabaseBackend
from tests.local.storage.s3.people import content, files_on_disk, keys, refused

PAST, FUTURE = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def source(s3: Any) -> Any:
    """``box`` with an object ``f/a b``."""
    kind = {"ContentType": "text/css", "CacheControl": "max-age=9", "Metadata": {"x": "y"}}
    s3.put_object(Bucket="box", Key="f/a b", Body=b"hello", **kind)
    return s3


def copied(client: Any, **options: Any) -> Any:
    place = {"Bucket": "box", "Key": "f/a b"}
    return client.copy_object(Bucket="box", Key="c", CopySource=place, **options)


def described(client: Any, key: str) -> tuple[str, str, dict[str, str]]:
    head = client.head_object(Bucket="box", Key=key)
    return head["ContentType"], head["CacheControl"], head["Metadata"]


def test_keeps_everything(source: Any) -> None:
    result = copied(source, ContentType="text/plain", Metadata={"no": "no"})["CopyObjectResult"]
    assert result["ETag"] == source.head_object(Bucket="box", Key="c")["ETag"]
    assert described(source, "c") == ("text/css", "max-age=9", {"x": "y"})
    source.delete_object(Bucket="box", Key="f/a b")
    assert content(source, "c") == b"hello"


def test_replaces_the_metadata_on_request(source: Any) -> None:
    copied(source, MetadataDirective="REPLACE", ContentType="text/csv", Metadata={"z": "1"})
    assert described(source, "c") == ("text/csv", "no-cache", {"z": "1"})
    copied(source, MetadataDirective="REPLACE")
    assert described(source, "c") == ("application/octet-stream", "no-cache", {})


def test_onto_itself_changes_the_metadata(backend: SupabaseBackend, source: Any) -> None:
    place = {"Bucket": "box", "Key": "f/a b"}
    source.copy_object(
        **place, CopySource=place, MetadataDirective="REPLACE", Metadata={"new": "1"}
    )
    assert described(source, "f/a b")[2] == {"new": "1"}
    assert content(source, "f/a b") == b"hello"
    assert files_on_disk(backend) == ["objects"]


def test_goes_to_another_bucket(source: Any) -> None:
    source.create_bucket(Bucket="other")
    source.copy_object(Bucket="other", Key="a", CopySource="/box/f/a b")
    assert content(source, "a", "other") == b"hello"


@pytest.mark.parametrize(
    ("condition", "passes"),
    [
        ({"CopySourceIfMatch": '"5d41402abc4b2a76b9719d911017c592"'}, True),
        ({"CopySourceIfMatch": '"x"'}, False),
        ({"CopySourceIfNoneMatch": '"5d41402abc4b2a76b9719d911017c592"'}, False),
        ({"CopySourceIfNoneMatch": '"x"'}, True),
        ({"CopySourceIfModifiedSince": PAST}, True),
        ({"CopySourceIfModifiedSince": FUTURE}, False),
        ({"CopySourceIfUnmodifiedSince": PAST}, False),
        ({"CopySourceIfUnmodifiedSince": FUTURE}, True),
    ],
)
def test_has_conditions(source: Any, condition: Any, passes: bool) -> None:
    if passes:
        copied(source, **condition)
        return
    with refused("PreconditionFailed", 412):
        copied(source, **condition)
    assert keys(source) == ["f/a b"]


def test_needs_source_and_target(source: Any) -> None:
    with refused("NoSuchKey", 404):
        source.copy_object(Bucket="box", Key="c", CopySource="box/none")
    with refused("NoSuchKey", 404):
        source.copy_object(Bucket="box", Key="c", CopySource="none/f")
    with refused("NoSuchBucket", 404):
        source.copy_object(Bucket="none", Key="c", CopySource="box/f/a b")
    with refused("InvalidKey", 400):
        source.copy_object(Bucket="box", Key="é", CopySource="box/f/a b")
    with refused("InvalidArgument", 400):
        source.copy_object(Bucket="box", Key="c", CopySource="box")
    with refused("InvalidArgument", 400):
        copied(source, MetadataDirective="MERGE")
    assert keys(source) == ["f/a b"]
