"""GET and HEAD of objects: headers, ranges, conditions, and who may read without a key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

import pytest

from hipflask.testing import SupabaseBackend
from tests.local.storage.client import Storage, assert_refused

CONTENT = b"0123456789"
PATHS = ["/object/b1/a.txt", "/object/authenticated/b1/a.txt", "/object/public/pub/a.txt"]


@pytest.fixture
def kept(storage: Storage) -> Storage:
    storage.keep("b1/a.txt", "pub/a.txt", content=CONTENT, cache_control="max-age=60")
    return storage


@pytest.mark.parametrize("path", [*PATHS, "/object/pub/a.txt"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_headers(kept: Storage, path: str, method: str) -> None:
    answer = kept.call(method, path)
    assert answer.status == 200
    assert answer.body == (CONTENT if method == "GET" else b"")
    seen = {name.lower(): text for name, text in answer.headers.items()}
    assert seen["accept-ranges"] == "bytes"
    assert seen["content-type"] == "text/plain"
    assert seen["content-length"] == "10"
    assert seen["etag"] == '"781e5e245d69b566979b86e28d23f2c7"'
    assert seen["x-robots-tag"] == "none"
    assert seen["cache-control"] == "max-age=60"
    assert parsedate_to_datetime(seen["last-modified"])
    assert "content-disposition" not in seen
    assert seen["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/object/pub/a.txt", "/object/public/pub/a.txt"])
def test_public_bucket_needs_no_key(kept: Storage, nobody: Storage, path: str) -> None:
    assert nobody.get(path).body == CONTENT
    assert nobody.head(path).status == 200


def test_public_bucket_with_a_key_that_is_none(kept: Storage) -> None:
    assert kept.as_("nonsense").get("/object/pub/a.txt").body == CONTENT


def test_authenticated_wants_a_key_in_a_public_bucket_too(kept: Storage, nobody: Storage) -> None:
    assert_refused(nobody.get("/object/authenticated/pub/a.txt"), 400, "InvalidRequest")


def test_private_bucket_is_no_public_one(kept: Storage, nobody: Storage) -> None:
    for who in (kept, nobody):
        assert_refused(who.get("/object/public/b1/a.txt"), 404, "NoSuchBucket", "Bucket not found")
        assert_refused(who.get("/object/public/none/a.txt"), 404, "NoSuchBucket")


def test_visitor_without_a_policy_finds_nothing(kept: Storage, anon: Storage) -> None:
    for path in ("/object/b1/a.txt", "/object/authenticated/b1/a.txt", "/object/info/b1/a.txt"):
        assert_refused(anon.get(path), 404, "NoSuchKey")


@pytest.mark.parametrize(
    ("query", "header"),
    [
        ("download", "attachment;"),
        ("download=", "attachment;"),
        ("download=true", "attachment; filename=true; filename*=UTF-8''true"),
        (
            "download=na%20me.txt",
            "attachment; filename=na%20me.txt; filename*=UTF-8''na%20me.txt",
        ),
        (
            "download=%E5%90%8D.txt",
            "attachment; filename=%E5%90%8D.txt; filename*=UTF-8''%E5%90%8D.txt",
        ),
        (
            "download=a%0D%0AX:%20y",
            "attachment; filename=a%0D%0AX%3A%20y; filename*=UTF-8''a%0D%0AX%3A%20y",
        ),
        ("download=%22;x", "attachment; filename=%22%3Bx; filename*=UTF-8''%22%3Bx"),
    ],
)
@pytest.mark.parametrize("path", PATHS)
def test_download_says_its_name(kept: Storage, path: str, query: str, header: str) -> None:
    answer = kept.get(f"{path}?{query}")
    assert answer.headers["Content-Disposition"] == header
    assert answer.headers["X"] is None


@pytest.mark.parametrize(
    ("asked", "content", "said"),
    [
        ("bytes=0-4", b"01234", "bytes 0-4/10"),
        ("bytes=5-", b"56789", "bytes 5-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=8-100", b"89", "bytes 8-9/10"),
        ("bytes=0-0", b"0", "bytes 0-0/10"),
        ("bytes=-100", CONTENT, "bytes 0-9/10"),
        ("bytes=9-9", b"9", "bytes 9-9/10"),
    ],
)
def test_range(kept: Storage, asked: str, content: bytes, said: str) -> None:
    answer = kept.get("/object/b1/a.txt", range=asked)
    assert (answer.status, answer.body) == (206, content)
    assert answer.headers["Content-Range"] == said
    assert answer.headers["Content-Length"] == str(len(content))


@pytest.mark.parametrize(
    "asked",
    [
        *("bytes=10-", "bytes=4-2", "bytes=0-1,3-4", "items=0-1", "rubbish", "bytes=", "bytes=-"),
        *("bytes=-0", "bytes=a-b", "bytes=1-2-3", "bytes=--1", "bytes=0x1-2", "bytes=1.5-2"),
        "bytes=" + "9" * 30 + "-",
        "bytes=" + "9" * 5000 + "-",
        "bytes=-" + "9" * 5000,
        "bytes=\xb2-\xb3",
    ],
)
def test_range_that_is_none(kept: Storage, asked: str) -> None:
    answer = kept.get("/object/b1/a.txt", range=asked)
    text = "invalid range provided"
    assert_refused(answer, 416, "InvalidRange", text, error="invalid_range", http_status=416)
    assert answer.headers["Content-Range"] is None


def test_head_passes_over_ranges(kept: Storage) -> None:
    answer = kept.head("/object/b1/a.txt", range="bytes=0-1")
    assert (answer.status, answer.headers["Content-Length"]) == (200, "10")


def test_same_etag_is_unchanged(kept: Storage) -> None:
    etag = kept.get("/object/b1/a.txt").headers["ETag"]
    answer = kept.get("/object/b1/a.txt", if_none_match=etag)
    assert (answer.status, answer.body) == (304, b"")
    assert answer.headers["ETag"] == etag
    assert answer.headers["Cache-Control"] == "max-age=60"
    assert answer.headers["Content-Length"] is None
    assert kept.head("/object/b1/a.txt", if_none_match=etag).status == 200


@pytest.mark.parametrize("written", ["{}", 'W/"{}"', "*", '"other", "{}"'])
def test_other_ways_to_write_an_etag(kept: Storage, written: str) -> None:
    etag = kept.get("/object/b1/a.txt").headers["ETag"].strip('"')
    answer = kept.get("/object/b1/a.txt", if_none_match=written.format(etag))
    assert (answer.status, answer.body) == (200, CONTENT)
    assert answer.headers["Cache-Control"] == "max-age=60, stale-while-revalidate=30"


def test_modified_since(backend: SupabaseBackend, kept: Storage) -> None:
    future = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    assert kept.get("/object/b1/a.txt", if_modified_since=future).status == 304
    past = format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)
    assert kept.get("/object/b1/a.txt", if_modified_since=past).status == 200
    assert kept.head("/object/b1/a.txt", if_modified_since=future).status == 200


def test_modified_since_compares_milliseconds(backend: SupabaseBackend, storage: Storage) -> None:
    backend.clock.freeze()
    backend.clock.move_to(datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC))
    storage = storage.as_(backend.service_role_key)
    answer = storage.as_(_lasting(backend)).upload("b1/a.txt")
    assert answer.status == 200, answer
    reader = storage.as_(_lasting(backend))
    said = reader.get("/object/b1/a.txt").headers["Last-Modified"]
    assert said == "Sun, 01 Mar 2026 12:00:00 GMT"
    assert reader.get("/object/b1/a.txt", if_modified_since=said).status == 200


@pytest.mark.parametrize("value", ["rubbish", "", "0", "Sun, 99 Foo 2026", "-1", "9" * 400])
def test_moment_that_is_none(kept: Storage, value: str) -> None:
    assert kept.get("/object/b1/a.txt", if_modified_since=value).status == 200


def test_info(kept: Storage) -> None:
    answer = kept.get("/object/info/b1/a.txt")
    head = kept.head("/object/b1/a.txt")
    seen = answer.json
    assert answer.headers["ETag"] == head.headers["ETag"]
    assert answer.headers["Last-Modified"] == head.headers["Last-Modified"]
    assert answer.headers["Cache-Control"] == "max-age=60"
    assert set(seen) == {
        *("id", "name", "version", "bucket_id", "size", "content_type", "cache_control", "etag"),
        *("metadata", "last_modified", "created_at"),
    }
    assert (seen["name"], seen["bucket_id"], seen["size"]) == ("a.txt", "b1", 10)
    assert (seen["content_type"], seen["cache_control"]) == ("text/plain", "max-age=60")
    assert (seen["etag"], seen["metadata"]) == (head.headers["ETag"], {})


@pytest.mark.parametrize("path", ["authenticated/b1", "b1", "pub", "public/pub"])
def test_ways_to_info(kept: Storage, path: str) -> None:
    assert kept.get(f"/object/info/{path}/a.txt").json["size"] == 10


def test_info_of_a_public_bucket_needs_no_key(kept: Storage, nobody: Storage) -> None:
    assert nobody.get("/object/info/public/pub/a.txt").json["size"] == 10
    assert nobody.head("/object/info/public/pub/a.txt").status == 400
    assert_refused(nobody.get("/object/info/public/b1/a.txt"), 404, "NoSuchBucket")


def test_many_downloads_over_one_connection(backend: SupabaseBackend, kept: Storage) -> None:
    import urllib3

    with urllib3.PoolManager(1) as http:
        for number in range(30):
            path = "a.txt" if number % 3 else "none"
            answer = http.request("GET", f"{backend.url}/storage/v1/object/public/pub/{path}")
            assert answer.status == (200 if number % 3 else 400)
        assert next(iter(http.pools._container.values())).num_connections == 1


def _lasting(backend: SupabaseBackend) -> str:
    from tests.local.storage.client import sign

    return sign(backend, {"role": "service_role"})
