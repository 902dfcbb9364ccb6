"""Lists of objects, by boto3."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.storage.s3.people import keys, refused

NAMES = ["B.txt", "a b.txt", "a/1", "a/2", "a/b/3", "b.txt", "c/4", "d+e"]


@pytest.fixture
def full(s3: Any) -> Any:
    """``box`` with NAMES, which are in the order of their bytes."""
    for name in reversed(NAMES):
        s3.put_object(Bucket="box", Key=name, Body=name.encode())
    return s3


def pages(client: Any, operation: str, **options: Any) -> list[str]:
    """Return keys and folders, page by page as boto3 turns them."""
    found: list[str] = []
    for page in client.get_paginator(operation).paginate(Bucket="box", **options):
        found += [one["Key"] for one in page.get("Contents", [])]
        found += [one["Prefix"] for one in page.get("CommonPrefixes", [])]
    return found


def test_tells_of_each(full: Any) -> None:
    [one] = full.list_objects_v2(Bucket="box", Prefix="a b")["Contents"]
    head = full.head_object(Bucket="box", Key="a b.txt")
    assert (one["Key"], one["Size"], one["ETag"]) == ("a b.txt", 7, head["ETag"])
    assert one["StorageClass"] == "STANDARD"
    assert one["LastModified"].replace(microsecond=0) == head["LastModified"]


@pytest.mark.parametrize("operation", ["list_objects_v2", "list_objects"])
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_pages_are_complete(full: Any, operation: str, size: int) -> None:
    page = {"PageSize": size}
    assert pages(full, operation, PaginationConfig=page) == NAMES
    by_folder = pages(full, operation, PaginationConfig=page, Delimiter="/")
    assert sorted(by_folder) == ["B.txt", "a b.txt", "a/", "b.txt", "c/", "d+e"]
    below = pages(full, operation, PaginationConfig=page, Delimiter="/", Prefix="a/")
    assert sorted(below) == ["a/1", "a/2", "a/b/"]
    odd = pages(full, operation, PaginationConfig=page, Delimiter=".t")
    assert sorted(odd) == ["B.t", "a b.t", "a/1", "a/2", "a/b/3", "b.t", "c/4", "d+e"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"Prefix": "a/"}, ["a/1", "a/2", "a/b/3"]),
        ({"Prefix": "A"}, []),
        ({"Prefix": "a_"}, []),
        ({"Prefix": "%"}, []),
        ({"StartAfter": "a/2"}, ["a/b/3", "b.txt", "c/4", "d+e"]),
        ({"StartAfter": "a/2", "Delimiter": "/"}, ["b.txt", "d+e"]),
        ({"StartAfter": "a/2", "Prefix": "a/"}, ["a/b/3"]),
        ({"MaxKeys": 2}, ["B.txt", "a b.txt"]),
    ],
)
def test_narrows(full: Any, options: dict[str, Any], expected: list[str]) -> None:
    assert keys(full, **options) == expected


def test_a_folder_begun_goes_on(full: Any) -> None:
    page = full.list_objects_v2(Bucket="box", Delimiter="/", StartAfter="a/1")
    assert [one["Prefix"] for one in page["CommonPrefixes"]] == ["a/", "c/"]


def test_counts(full: Any) -> None:
    page = full.list_objects_v2(Bucket="box", Delimiter="/", MaxKeys=3)
    assert (page["KeyCount"], page["MaxKeys"], page["IsTruncated"]) == (3, 3, True)
    none = full.list_objects_v2(Bucket="box", MaxKeys=0)
    assert (none["KeyCount"], none["IsTruncated"]) == (0, False)


def test_older_way_names_the_next_only_with_folders(full: Any) -> None:
    flat = full.list_objects(Bucket="box", MaxKeys=2)
    assert flat["IsTruncated"]
    assert "NextMarker" not in flat
    by_folder = full.list_objects(Bucket="box", MaxKeys=3, Delimiter="/")
    assert by_folder["NextMarker"] == "a/"


def test_refuses_what_it_cannot_read(full: Any) -> None:
    with refused("InvalidParameter", 400):
        full.list_objects_v2(Bucket="box", ContinuationToken="???")
    with refused("InvalidArgument", 400):
        full.list_objects_v2(Bucket="box", MaxKeys=-1)
    with refused("InvalidArgument", 400):
        full.list_objects_v2(Bucket="box", EncodingType="base64")


def test_every_object_has_one_version(full: Any) -> None:
    for size in (1, 3, 1000):
        pages = full.get_paginator("list_object_versions")
        found = [
            one
            for page in pages.paginate(Bucket="box", PaginationConfig={"PageSize": size})
            for one in page["Versions"]
        ]
        assert [one["Key"] for one in found] == NAMES
        assert {(one["VersionId"], one["IsLatest"]) for one in found} == {("null", True)}
    page = full.list_object_versions(Bucket="box", Delimiter="/")
    assert [one["Prefix"] for one in page["CommonPrefixes"]] == ["a/", "c/"]
