"""POST and PUT /object/{bucket}/{name} with a raw body, and what is common to all uploads."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import md5
from typing import Any

import pytest

from hipflask.testing import SignedIn, SupabaseBackend
from tests.local.storage.client import Storage, assert_refused, files_on_disk, sql


def in_chunks(*chunks: bytes) -> Iterator[bytes]:
    """A body whose length nobody announces."""
    yield from chunks


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_answers_key_and_id(backend: SupabaseBackend, storage: Storage, method: str) -> None:
    answer = storage.upload("b1/a.txt", method=method)
    assert answer.status == 200
    assert set(answer.json) == {"Key", "Id"}
    assert answer.json["Key"] == "b1/a.txt"
    assert uuid.UUID(answer.json["Id"])
    assert storage.read("b1/a.txt") == b"hello"


def test_second_is_a_duplicate(storage: Storage) -> None:
    storage.keep("b1/a.txt")
    text = "The resource already exists"
    answer = storage.upload("b1/a.txt", b"other")
    assert_refused(answer, 409, "KeyAlreadyExists", text, error="Duplicate")
    assert storage.read("b1/a.txt") == b"hello"


@pytest.mark.parametrize("upsert", ["false", "TRUE", "1", "yes", ""])
def test_upsert_is_said_in_one_way(storage: Storage, upsert: str) -> None:
    storage.keep("b1/a.txt")
    assert_refused(storage.upload("b1/a.txt", x_upsert=upsert), 409, "KeyAlreadyExists")


@pytest.mark.parametrize(("method", "upsert"), [("PUT", "false"), ("POST", "true")])
def test_upsert_keeps_the_id(
    backend: SupabaseBackend, storage: Storage, method: str, upsert: str
) -> None:
    first = storage.upload("b1/a.txt").json["Id"]
    version = storage.info("b1/a.txt")["version"]
    second = storage.upload("b1/a.txt", b"other", method=method, x_upsert=upsert)
    assert second.json["Id"] == first
    assert storage.info("b1/a.txt")["version"] != version
    assert storage.read("b1/a.txt") == b"other"
    assert len(files_on_disk(backend)) == 1


def test_etag_is_the_quoted_md5(backend: SupabaseBackend, storage: Storage) -> None:
    storage.keep("b1/a.txt")
    digest = f'"{md5(b"hello", usedforsecurity=False).hexdigest()}"'
    assert storage.get("/object/b1/a.txt").headers["ETag"] == digest
    (metadata,) = sql(backend, "select metadata from storage.objects")[0]
    moment = metadata.pop("lastModified")
    assert moment.endswith("Z")
    assert metadata == {
        "eTag": digest,
        "size": 5,
        "mimetype": "text/plain",
        "cacheControl": "no-cache",
        "contentLength": 5,
        "httpStatusCode": 200,
    }


@pytest.mark.parametrize("value", ["max-age=60", "3600", "public, immutable", "nonsense"])
def test_cache_control_is_kept_as_it_is(storage: Storage, value: str) -> None:
    storage.keep("b1/a.txt", cache_control=value)
    assert storage.get("/object/b1/a.txt").headers["Cache-Control"] == value


def test_no_type_is_an_octet_stream(storage: Storage) -> None:
    storage.call("POST", "/object/b1/a.txt", body=b"hello")
    answer = storage.get("/object/b1/a.txt")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("kind", ["bad", "text/", "/plain", "a b/c", "text/plain, x/y", "ü/ü"])
def test_type_that_is_none(backend: SupabaseBackend, storage: Storage, kind: str) -> None:
    sent = kind.encode().decode("latin-1")
    answer = storage.upload("b1/a.txt", content_type=sent)
    text = "Invalid Content-Type header"
    assert_refused(answer, 415, "InvalidMimeType", text, error="invalid_mime_type")
    assert files_on_disk(backend) == []


@pytest.mark.parametrize("raw", [b'{"a": 1}', b"{", b"", b"null"])
def test_json_is_kept_as_it_is(storage: Storage, raw: bytes) -> None:
    answer = storage.upload("b1/a.json", raw, content_type="application/json")
    assert answer.status == 200, answer
    assert storage.read("b1/a.json") == raw
    assert storage.info("b1/a.json")["content_type"] == "application/json"


def test_user_metadata(storage: Storage) -> None:
    metadata = {"city": "Basel", "deep": {"n": [1, None]}, "名": "名"}
    header = base64.b64encode(json.dumps(metadata).encode()).decode()
    storage.keep("b1/a.txt", x_metadata=header)
    assert storage.info("b1/a.txt")["metadata"] == metadata


@pytest.mark.parametrize(
    "header", ["!", "e30", "bm9uZQ==", "W10=", base64.b64encode(b"\xff").decode()]
)
def test_user_metadata_that_is_none(storage: Storage, header: str) -> None:
    storage.keep("b1/a.txt", x_metadata=header)
    assert storage.info("b1/a.txt")["metadata"] == {}


@pytest.mark.parametrize("text", ['{"a":"\\u0000"}', '{"\\u0000":1}', '{"a":"\\ud800"}'])
def test_user_metadata_that_no_database_takes(
    backend: SupabaseBackend, storage: Storage, text: str
) -> None:
    header = base64.b64encode(text.encode()).decode()
    answer = storage.upload("b1/a.txt", x_metadata=header)
    assert (answer.status, answer.json["statusCode"]) == (400, "400"), answer
    assert files_on_disk(backend) == []


def test_zero_bytes(storage: Storage) -> None:
    storage.keep("b1/nothing", content=b"")
    answer = storage.get("/object/b1/nothing")
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "0")
    assert answer.headers["ETag"] == '"d41d8cd98f00b204e9800998ecf8427e"'
    assert storage.info("b1/nothing")["size"] == 0


def test_chunked(storage: Storage) -> None:
    storage.upload("b1/a.bin", in_chunks(b"one", b"two" * 100_000, b"three"))
    assert storage.read("b1/a.bin") == b"one" + b"two" * 100_000 + b"three"


def test_large_comes_back_whole(storage: Storage) -> None:
    content = bytes(range(256)) * 40_000
    storage.keep("b1/large", content=content)
    assert storage.read("b1/large") == content


@pytest.mark.parametrize("chunked", [False, True])
def test_limit_counts_bytes(backend: SupabaseBackend, service: Storage, chunked: bool) -> None:
    service.make_bucket("small", file_size_limit=10)

    def body(size: int) -> Any:
        return in_chunks(b"x" * (size - 1), b"x") if chunked else b"x" * size

    assert service.upload("small/a", body(10)).status == 200
    text = "The object exceeded the maximum allowed size"
    answer = service.upload("small/a", body(11), method="PUT")
    assert_refused(answer, 413, "EntityTooLarge", text, error="Payload too large")
    assert_refused(service.upload("small/b", body(11)), 413, "EntityTooLarge")
    assert service.names("small") == ["a"]
    assert service.read("small/a") == b"x" * 10
    assert len(files_on_disk(backend)) == 1


def test_limit_of_zero_is_a_limit(service: Storage) -> None:
    service.make_bucket("shut", file_size_limit=0)
    assert service.upload("shut/nothing", b"").status == 200
    assert_refused(service.upload("shut/a", b"x"), 413, "EntityTooLarge")


@pytest.mark.parametrize(
    ("kind", "is_taken"),
    [
        ("image/png", True),
        ("image/webp", True),
        ("text/plain", True),
        ("text/html", False),
        ("text/plain;charset=utf-8", False),
        ("application/octet-stream", False),
        ("imagex/png", False),
    ],
)
def test_listed_types(service: Storage, kind: str, is_taken: bool) -> None:
    service.make_bucket("typed", allowed_mime_types=["image/*", "text/plain"])
    answer = service.upload("typed/a", content_type=kind)
    if is_taken:
        assert answer.status == 200, answer
    else:
        text = f"mime type {kind} is not supported"
        assert_refused(answer, 415, "InvalidMimeType", text, error="invalid_mime_type")


def test_folder_placeholder_is_empty(service: Storage) -> None:
    service.make_bucket("typed", allowed_mime_types=["image/*"])
    assert service.upload("typed/f/.emptyFolderPlaceholder", b"").status == 200
    answer = service.upload("typed/g/.emptyFolderPlaceholder", b"x")
    assert_refused(answer, 413, "EntityTooLarge")


def test_four_at_once_of_one_new_name(backend: SupabaseBackend, storage: Storage) -> None:
    contents = [str(number).encode() * 200_000 for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda one: storage.upload("b1/a", one), contents))
    taken = [answer for answer in answers if answer.status == 200]
    assert taken
    assert len({answer.json["Id"] for answer in taken}) == 1
    for answer in answers:
        assert answer.status == 200 or answer.json["code"] == "KeyAlreadyExists"
    assert storage.read("b1/a") in contents
    assert len(files_on_disk(backend)) == 1


def test_many_upserts_at_once_leave_one_file(backend: SupabaseBackend, storage: Storage) -> None:
    contents = [str(number % 10).encode() * 50_000 for number in range(24)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda one: storage.upload("b1/a", one, method="PUT"), contents))
    assert {answer.status for answer in answers} == {200}
    content = storage.read("b1/a")
    assert content in contents
    digest = md5(content or b"", usedforsecurity=False).hexdigest()
    assert storage.info("b1/a")["etag"] == f'"{digest}"'
    assert len(files_on_disk(backend)) == 1


def test_missing_bucket_is_said_to_a_visitor_too(service: Storage, anon: Storage) -> None:
    for who in (service, anon):
        assert_refused(who.upload("none/a"), 404, "NoSuchBucket")


def test_owner_is_who_uploaded(backend: SupabaseBackend, storage: Storage, ann: SignedIn) -> None:
    sql(backend, "create policy p on storage.objects for all to authenticated using (true)")
    storage.as_(ann.access_token).keep("b1/anns")
    storage.keep("b1/the-services")
    rows = sql(backend, "select owner::text, owner_id from storage.objects order by name")
    assert rows == [(ann.user.id, ann.user.id), (None, None)]


def test_owner_need_not_be_a_uuid(backend: SupabaseBackend, storage: Storage) -> None:
    from tests.local.storage.client import sign

    storage.as_(sign(backend, {"role": "service_role", "sub": "some text"})).keep("b1/a")
    assert sql(backend, "select owner, owner_id from storage.objects") == [(None, "some text")]
