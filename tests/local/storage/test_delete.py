"""DELETE of one object and of many."""

from __future__ import annotations

from typing import Any

import pytest

from hipflask.testing import SupabaseBackend
from tests.local.storage.client import Storage, assert_refused, files_on_disk, sql


@pytest.fixture
def kept(storage: Storage) -> Storage:
    storage.keep("b1/a.txt", "b1/f/b.txt", "b1/c.txt")
    return storage


def test_one(backend: SupabaseBackend, kept: Storage) -> None:
    answer = kept.delete("/object/b1/f/b.txt")
    assert (answer.status, answer.json) == (200, {"message": "Successfully deleted"})
    assert kept.names("b1") == ["a.txt", "c.txt"]
    assert len(files_on_disk(backend)) == 2


def test_missing(kept: Storage) -> None:
    assert_refused(kept.delete("/object/b1/none"), 404, "NoSuchKey", "Object not found")
    assert_refused(kept.delete("/object/none/a.txt"), 404, "NoSuchKey")


@pytest.mark.parametrize("is_visible", [True, False])
def test_without_the_right(
    backend: SupabaseBackend, kept: Storage, anon: Storage, is_visible: bool
) -> None:
    if is_visible:
        sql(backend, "create policy see on storage.objects for select to anon using (true)")
    assert_refused(anon.delete("/object/b1/a.txt"), 403, "AccessDenied", "Access denied")
    answer = anon.delete("/object/b1", {"prefixes": ["a.txt"]})
    assert (answer.status, answer.json) == (200, [])
    assert kept.read("b1/a.txt") == b"hello"


def test_many(backend: SupabaseBackend, kept: Storage) -> None:
    answer = kept.delete("/object/b1", {"prefixes": ["a.txt", "f/b.txt", "none", "a.txt"]})
    assert answer.status == 200
    assert sorted(row["name"] for row in answer.json) == ["a.txt", "f/b.txt"]
    assert set(answer.json[0]) >= {
        *("name", "bucket_id", "owner", "owner_id", "version", "id", "updated_at", "created_at"),
        *("last_accessed_at", "metadata", "user_metadata"),
    }
    assert kept.names("b1") == ["c.txt"]
    assert len(files_on_disk(backend)) == 1


def test_prefix_is_a_whole_name(kept: Storage) -> None:
    answer = kept.delete("/object/b1", {"prefixes": ["f", "f/", "a", "%", "*", ""]})
    assert answer.json == []


def test_many_of_a_missing_bucket(service: Storage) -> None:
    answer = service.delete("/object/none", {"prefixes": ["a"]})
    assert (answer.status, answer.json) == (200, [])


@pytest.mark.parametrize(
    "body", [{}, {"prefixes": []}, {"prefixes": [{}]}, {"prefixes": ["x"] * 1001}]
)
def test_many_with_bad_values(kept: Storage, body: Any) -> None:
    assert_refused(kept.delete("/object/b1", body), 400, "InvalidRequest")


def test_a_thousand(backend: SupabaseBackend, storage: Storage) -> None:
    sql(
        backend,
        "insert into storage.objects (bucket_id, name)"
        " select 'b1', 'n' || i from generate_series(1, 1000) i",
    )
    answer = storage.delete("/object/b1", {"prefixes": [f"n{i}" for i in range(1, 1001)]})
    assert len(answer.json) == 1000
    assert storage.names("b1") == []


def test_plain_sql_does_not_delete(backend: SupabaseBackend, kept: Storage) -> None:
    import psycopg

    with pytest.raises(psycopg.Error, match="Direct deletion from storage tables is not allowed"):
        sql(backend, "delete from storage.objects")
    sql(backend, "set storage.allow_delete_query = 'true'; delete from storage.objects")
    assert kept.names("b1") == []
