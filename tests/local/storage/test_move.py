"""POST /object/move."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hipflask.local.storage.objects import LOCK
from hipflask.testing import SupabaseBackend
from tests.local.storage.client import Reply, Storage, assert_refused, files_on_disk, sql


@pytest.fixture
def kept(storage: Storage) -> Storage:
    storage.keep("b1/a.txt")
    return storage


def move(storage: Storage, to: str = "c.txt", source: str = "a.txt", **more: Any) -> Reply:
    body = {"bucketId": "b1", "sourceKey": source, "destinationKey": to, **more}
    return storage.post("/object/move", body)


def test_keeps_the_id(backend: SupabaseBackend, kept: Storage) -> None:
    before = kept.info("b1/a.txt")
    answer = move(kept)
    assert answer.status == 200
    assert answer.json["message"] == "Successfully moved"
    after = kept.info("b1/c.txt")
    assert after["id"] == before["id"]
    assert after["etag"] == before["etag"]
    assert_refused(kept.get("/object/b1/a.txt"), 404, "NoSuchKey")
    assert kept.read("b1/c.txt") == b"hello"
    assert len(files_on_disk(backend)) == 1


def test_to_another_bucket(kept: Storage) -> None:
    assert move(kept, "f/g.txt", destinationBucket="pub").status == 200
    assert kept.read("pub/f/g.txt") == b"hello"
    assert kept.names("b1") == []


def test_onto_itself(kept: Storage) -> None:
    assert move(kept, "a.txt").status == 200
    assert kept.read("b1/a.txt") == b"hello"


def test_onto_another(kept: Storage) -> None:
    kept.keep("b1/c.txt", content=b"old")
    assert_refused(move(kept), 409, "ResourceAlreadyExists", error="Duplicate")
    assert (kept.read("b1/a.txt"), kept.read("b1/c.txt")) == (b"hello", b"old")


def test_missing_parts(kept: Storage) -> None:
    assert_refused(move(kept, source="none"), 404, "NoSuchKey", "Object not found")
    assert_refused(move(kept, bucketId="none"), 404, "NoSuchKey")
    assert_refused(move(kept, destinationBucket="none"), 404, "InvalidRequest")
    assert kept.read("b1/a.txt") == b"hello"


def test_needs_the_right_to_update(backend: SupabaseBackend, kept: Storage, anon: Storage) -> None:
    sql(
        backend,
        "create policy a on storage.objects for select to anon using (true)",
        "create policy b on storage.objects for insert to anon with check (true)",
        "create policy c on storage.objects for delete to anon using (true)",
    )
    assert_refused(move(anon), 404, "NoSuchKey", "Object not found")


@pytest.mark.parametrize("to", ["", "../x", "a/./b", "名", "a\\b", "a\nb", "x" * 1025])
def test_destination_that_is_no_name(kept: Storage, to: str) -> None:
    answer = move(kept, to)
    assert (answer.status, answer.json["statusCode"]) == (400, "400"), answer
    assert kept.names("b1") == ["a.txt"]


def test_waits_for_an_upload_to_the_new_name(backend: SupabaseBackend, kept: Storage) -> None:
    # The upload has seen that it replaces nobody. What moved there now would lose its row to it,
    # and leave its file behind.
    with (
        psycopg.connect(backend.database_url) as upload,
        ThreadPoolExecutor() as pool,
    ):
        upload.execute(LOCK, ("b1", "c.txt"))
        moved = pool.submit(move, kept)
        with pytest.raises(TimeoutError):
            moved.result(timeout=0.3)
        upload.rollback()
        assert moved.result(timeout=10).status == 200


def test_waits_for_an_upload_to_the_old_name(backend: SupabaseBackend, kept: Storage) -> None:
    with (
        psycopg.connect(backend.database_url) as upload,
        ThreadPoolExecutor() as pool,
    ):
        upload.execute(LOCK, ("b1", "a.txt"))
        moved = pool.submit(move, kept)
        with pytest.raises(TimeoutError):
            moved.result(timeout=0.3)
        upload.rollback()
        assert moved.result(timeout=10).status == 200


def test_among_uploads_and_deletions(backend: SupabaseBackend, kept: Storage) -> None:
    stop = threading.Event()

    def move_to_and_fro() -> set[int]:
        return {move(kept, *names).status for names in [("c.txt", "a.txt"), ("a.txt", "c.txt")]}

    def upload() -> set[int]:
        return {kept.upload("b1/a.txt", method="PUT").status}

    def delete() -> set[int]:
        return {kept.delete("/object/b1", {"prefixes": ["a.txt", "c.txt"]}).status}

    def repeated(act: Callable[[], set[int]]) -> set[int]:
        seen: set[int] = set()
        while not stop.is_set():
            seen |= act()
        return seen

    with ThreadPoolExecutor() as pool:
        acts = (move_to_and_fro, upload, upload, delete)
        doing = [pool.submit(repeated, act) for act in acts]
        time.sleep(2)
        stop.set()
        seen = set().union(*(one.result() for one in doing))
    assert seen <= {200, 400}
    versions = {row[0] for row in sql(backend, "select version from storage.objects")}
    assert {Path(name).name for name in files_on_disk(backend)} == versions
