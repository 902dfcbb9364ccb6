"""POST /object/copy."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from hipflask.testing import SignedIn, SupabaseBackend
from tests.local.storage.client import Reply, Storage, assert_refused, files_on_disk, sql

METADATA = base64.b64encode(b'{"city":"Basel"}').decode()


@pytest.fixture
def kept(storage: Storage) -> Storage:
    storage.keep("b1/a.txt", cache_control="max-age=9", x_metadata=METADATA)
    return storage


def copy(
    storage: Storage, to: str = "c.txt", source: str = "a.txt", upsert: str = "", **more: Any
) -> Reply:
    body = {"bucketId": "b1", "sourceKey": source, "destinationKey": to, **more}
    return storage.post("/object/copy", body, **({"x_upsert": upsert} if upsert else {}))


def test_answers_the_whole_row(kept: Storage) -> None:
    answer = copy(kept)
    assert answer.status == 200
    seen = answer.json
    assert (seen["Key"], seen["Id"]) == ("b1/c.txt", seen["id"])
    assert (seen["name"], seen["bucket_id"], seen["owner"]) == ("c.txt", "b1", "")
    assert seen["user_metadata"] == {"city": "Basel"}
    assert (seen["metadata"]["size"], seen["metadata"]["cacheControl"]) == (5, "max-age=9")
    assert {"version", "created_at", "updated_at", "last_accessed_at", "owner_id"} <= set(seen)


def test_both_stay(backend: SupabaseBackend, kept: Storage) -> None:
    copy(kept)
    kept.upload("b1/a.txt", b"other", method="PUT")
    assert (kept.read("b1/a.txt"), kept.read("b1/c.txt")) == (b"other", b"hello")
    kept.delete("/object/b1/a.txt")
    assert kept.read("b1/c.txt") == b"hello"
    assert len(files_on_disk(backend)) == 1


def test_to_another_bucket(kept: Storage) -> None:
    assert copy(kept, destinationBucket="pub").json["Key"] == "pub/c.txt"
    assert kept.read("pub/c.txt") == b"hello"
    assert kept.info("pub/c.txt")["metadata"] == {"city": "Basel"}


def test_existing_destination(kept: Storage) -> None:
    kept.keep("b1/c.txt", content=b"old")
    assert_refused(copy(kept), 409, "KeyAlreadyExists", error="Duplicate")
    assert kept.read("b1/c.txt") == b"old"
    assert copy(kept, upsert="true").status == 200
    assert kept.read("b1/c.txt") == b"hello"


def test_onto_itself(backend: SupabaseBackend, kept: Storage) -> None:
    assert_refused(copy(kept, "a.txt"), 409, "KeyAlreadyExists")
    assert copy(kept, "a.txt", upsert="true").status == 200
    assert kept.read("b1/a.txt") == b"hello"
    assert len(files_on_disk(backend)) == 1


def test_other_metadata(kept: Storage) -> None:
    answer = copy(kept, copyMetadata=False, metadata={"cacheControl": "max-age=1"})
    assert answer.json["user_metadata"] is None
    assert answer.json["metadata"]["cacheControl"] == "max-age=1"
    assert kept.info("b1/c.txt")["cache_control"] == "max-age=1"
    answer = copy(kept, "d.txt", copyMetadata=False, metadata={"mimetype": "image/png"})
    assert kept.get("/object/b1/d.txt").headers["Content-Type"] == "image/png"


def test_missing_parts(kept: Storage) -> None:
    assert_refused(copy(kept, source="none"), 404, "NoSuchKey", "Object not found")
    assert_refused(copy(kept, bucketId="none"), 404, "NoSuchKey", "Object not found")
    text = "The related resource does not exist"
    assert_refused(copy(kept, destinationBucket="none"), 404, "InvalidRequest", text)
    for name in ("sourceKey", "destinationKey", "bucketId"):
        body = {"bucketId": "b1", "sourceKey": "a.txt", "destinationKey": "c.txt"}
        del body[name]
        text = f"body must have required property '{name}'"
        assert_refused(kept.post("/object/copy", body), 400, "InvalidRequest", text)


@pytest.mark.parametrize("to", ["", "../x", "a/./b", "名", "a\\b", "a\nb", "x" * 1025])
def test_destination_that_is_no_name(backend: SupabaseBackend, kept: Storage, to: str) -> None:
    answer = copy(kept, to)
    assert (answer.status, answer.json["statusCode"]) == (400, "400"), answer
    assert len(files_on_disk(backend)) == 1


def test_copy_belongs_to_who_copies(backend: SupabaseBackend, kept: Storage, ann: SignedIn) -> None:
    sql(backend, "create policy p on storage.objects for all to authenticated using (true)")
    seen = copy(kept.as_(ann.access_token)).json
    assert (seen["owner"], seen["owner_id"]) == (ann.user.id, ann.user.id)


def test_many_copies_share_the_disk(backend: SupabaseBackend, storage: Storage) -> None:
    storage.keep("b1/a.txt", content=b"x" * 100_000)
    for number in range(5):
        assert copy(storage, f"c{number}").status == 200
    inodes = {
        path.stat().st_ino
        for path in backend.storage_folder.rglob("*")
        if path.is_file() and path.stat().st_size == 100_000
    }
    assert len(inodes) == 1
