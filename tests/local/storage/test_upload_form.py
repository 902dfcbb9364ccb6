"""Uploads as a multipart form (RFC 7578): any field name, fields before and after the file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hipflask.testing import SupabaseBackend
from tests.local.storage.client import BOUNDARY, Storage, assert_refused, files_on_disk, form, part

FILE = part(b"hello", "file", filename="a.txt", content_type="image/png")


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_form(storage: Storage, method: str) -> None:
    answer = storage.send_form("b1/a", FILE, method=method)
    assert (answer.status, set(answer.json)) == (200, {"Key", "Id"})
    assert storage.read("b1/a") == b"hello"
    assert storage.info("b1/a")["content_type"] == "image/png"


@pytest.mark.parametrize("name", ["", "file", "anything else", "名"])
@pytest.mark.parametrize("filename", ["a.txt", "", "../../x", "a;b=c"])
def test_any_name_of_the_file(storage: Storage, name: str, filename: str) -> None:
    one = part(b"hello", name, filename=filename, content_type="text/plain")
    answer = storage.send_form("b1/a", one)
    assert answer.status == 200, answer
    assert storage.read("b1/a") == b"hello"


def test_blob_without_a_file_name(storage: Storage) -> None:
    """As supabase-js sends it from some platforms."""
    assert storage.send_form("b1/a", part(b"hello", "", filename="blob")).status == 200
    assert storage.send_form("b1/b", part(b"hello", "")).status == 200
    assert storage.info("b1/b")["content_type"] == "text/plain"


@pytest.mark.parametrize("value", ["3600", "abc", "0", "60, public"])
def test_cache_control_field(storage: Storage, value: str) -> None:
    storage.send_form("b1/a", part(value.encode(), "cacheControl"), FILE)
    assert storage.get("/object/b1/a").headers["Cache-Control"] == f"max-age={value}"


def test_no_cache_control_field(storage: Storage) -> None:
    storage.send_form("b1/a", FILE, cache_control="max-age=9")
    assert storage.get("/object/b1/a").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("field", ["metadata", "userMetadata"])
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"a": [1]}', {"a": [1]}),
        ("{", {}),
        ("", {}),
        ("nonsense", {}),
        ('{"名":"名"}', {"名": "名"}),
    ],
)
def test_metadata_field(storage: Storage, field: str, text: str, kept: Any) -> None:
    storage.send_form("b1/a", part(text.encode(), field), FILE)
    assert storage.info("b1/a")["metadata"] == kept


def test_no_type_is_plain_text(storage: Storage) -> None:
    storage.send_form("b1/a", part(b"hello", "file", filename="a.png"))
    assert storage.info("b1/a")["content_type"] == "text/plain"


def test_fields_after_a_small_file(storage: Storage) -> None:
    storage.send_form("b1/a", FILE, part(b"60", "cacheControl"), part(b'{"a":1}', "metadata"))
    assert storage.info("b1/a")["cache_control"] == "max-age=60"
    assert storage.info("b1/a")["metadata"] == {"a": 1}


def test_second_file_is_passed_over(storage: Storage) -> None:
    storage.send_form("b1/a", FILE, part(b"other", "two", filename="b", content_type="x/y"))
    assert storage.read("b1/a") == b"hello"
    assert storage.info("b1/a")["content_type"] == "image/png"


def test_no_file(backend: SupabaseBackend, storage: Storage) -> None:
    answer = storage.send_form("b1/a", part(b"60", "cacheControl"))
    assert_refused(answer, 400, "InvalidRequest", "No content provided")
    assert_refused(storage.send_form("b1/a"), 400, "InvalidRequest")
    assert files_on_disk(backend) == []


@pytest.mark.parametrize("parameters", ["", ";", "; boundary=", "; charset=utf-8"])
def test_no_boundary(storage: Storage, parameters: str) -> None:
    answer = storage.send_form("b1/a", FILE, content_type="multipart/form-data" + parameters)
    assert_refused(answer, 400, "InvalidRequest", "Multipart: Boundary not found")


@pytest.mark.parametrize("size", [0, 1, 300_000, 3_000_001])
def test_content_is_kept_byte_by_byte(storage: Storage, size: int) -> None:
    content = (b"\r\n--" + BOUNDARY.encode()[:-1] + b"\r\n" + bytes(range(256)))[:size] or b""
    content = (content * (size // max(len(content), 1) + 1))[:size]
    storage.send_form("b1/a", part(content, "file", filename="a"))
    assert storage.read("b1/a") == content


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"\x00" * 1000,
        form(FILE, end=b""),
        form(FILE)[:40],
        form(FILE)[: -2 - len(BOUNDARY) - 6],
        b"--" + BOUNDARY.encode() + b"--\r\n",
        b"--" + BOUNDARY.encode() + b"\r\nno header at all\r\n\r\nx\r\n",
        form(b"\r\n\r\nx"),
    ],
)
def test_malformed_form(backend: SupabaseBackend, storage: Storage, body: bytes) -> None:
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    answer = storage.call("POST", "/object/b1/a", body=body, headers={"Content-Type": kind})
    assert (answer.status, answer.json["statusCode"]) == (400, "400"), answer
    assert storage.names("b1") == []
    assert files_on_disk(backend) == []


def test_too_large(backend: SupabaseBackend, service: Storage) -> None:
    service.make_bucket("small", file_size_limit=10)
    assert service.send_form("small/a", part(b"x" * 10, "f", filename="a")).status == 200
    answer = service.send_form("small/b", part(b"x" * 11, "f", filename="a"))
    assert_refused(answer, 413, "EntityTooLarge")
    assert service.names("small") == ["a"]
    assert len(files_on_disk(backend)) == 1


def test_listed_types_count(service: Storage) -> None:
    service.make_bucket("typed", allowed_mime_types=["image/*"])
    assert service.send_form("typed/a", FILE).status == 200
    text = part(b"hello", "file", filename="a", content_type="text/plain")
    assert_refused(service.send_form("typed/b", text), 415, "InvalidMimeType")


def test_many_fields_are_survived(storage: Storage) -> None:
    fields = [part(b"x", f"field{number}") for number in range(500)]
    answer = storage.send_form("b1/a", *fields, FILE)
    assert answer.status in (200, 400), answer


def test_metadata_field_may_not_be_endless(backend: SupabaseBackend, storage: Storage) -> None:
    text = json.dumps({"a": "x" * (1 << 20)}).encode()
    answer = storage.send_form("b1/a", part(text, "metadata"), FILE)
    assert_refused(answer, 413, "EntityTooLarge")
    assert files_on_disk(backend) == []


@pytest.mark.parametrize("text", ['{"a":"\\u0000"}', '{"a":"\\ud800"}'])
def test_metadata_that_no_database_takes(
    backend: SupabaseBackend, storage: Storage, text: str
) -> None:
    for parts in ([part(text.encode(), "metadata"), FILE], [FILE, part(text.encode(), "metadata")]):
        answer = storage.send_form("b1/a", *parts)
        assert (answer.status, answer.json["statusCode"]) == (400, "400"), answer
    assert files_on_disk(backend) == []
