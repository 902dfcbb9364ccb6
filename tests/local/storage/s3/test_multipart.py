"""Multipart uploads, by boto3."""

from __future__ import annotations

import hashlib
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig

from hipflask.local.storage import Database, FileStore, StorageContext, open_pool
from hipflask.local.storage.s3.part_files import LIFETIME, tidy
from hipflask.testing import SupabaseBackend
from tests.local.storage.s3.people import content, files_on_disk, keys, refused, sql

MIB = 1 << 20
FIRST = b"x" * (5 * MIB)
PLACE = {"Bucket": "box", "Key": "a"}


def begun(client: Any, **options: Any) -> dict[str, str]:
    """Begin an upload; return what names it."""
    upload = client.create_multipart_upload(**PLACE, **options)["UploadId"]
    return {**PLACE, "UploadId": upload}


def sent(client: Any, upload: dict[str, str], number: int, body: bytes) -> dict[str, Any]:
    """Send a part; return what completes with it."""
    etag = client.upload_part(**upload, PartNumber=number, Body=body)["ETag"]
    return {"PartNumber": number, "ETag": etag}


def complete(client: Any, upload: dict[str, str], *parts: dict[str, Any]) -> Any:
    return client.complete_multipart_upload(**upload, MultipartUpload={"Parts": list(parts)})


def md5(raw: bytes) -> str:
    return f'"{hashlib.md5(raw, usedforsecurity=False).hexdigest()}"'


def under_way(backend: SupabaseBackend) -> int:
    return int(sql(backend, "select count(*) from storage.s3_multipart_uploads")[0][0])


def test_joins_its_parts(backend: SupabaseBackend, s3: Any) -> None:
    upload = begun(s3, ContentType="text/css", CacheControl="max-age=1", Metadata={"my_key": "v"})
    last, first = sent(s3, upload, 7, b"end"), sent(s3, upload, 2, FIRST)
    assert keys(s3) == []
    answer = complete(s3, upload, first, last)
    assert (answer["Bucket"], answer["Key"], answer["Location"]) == ("box", "a", "box/a")
    assert answer["ETag"] == md5(FIRST + b"end")
    head = s3.head_object(**PLACE)
    assert head["ETag"] == answer["ETag"]
    assert head["ContentLength"] == 5 * MIB + 3
    assert (head["ContentType"], head["CacheControl"]) == ("text/css", "max-age=1")
    assert head["Metadata"] == {"my_key": "v"}
    assert content(s3, "a") == FIRST + b"end"
    assert files_on_disk(backend) == ["objects"]
    assert under_way(backend) == 0


def test_may_have_one_part(backend: SupabaseBackend, s3: Any) -> None:
    upload = begun(s3)
    answer = complete(s3, upload, sent(s3, upload, 1, b"small"))
    assert answer["ETag"] == md5(b"small")
    assert content(s3, "a") == b"small"
    assert files_on_disk(backend) == ["objects"]


def test_is_what_boto3_sends_of_a_large_file(backend: SupabaseBackend, s3: Any) -> None:
    raw = bytes(range(256)) * 50_000
    config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
    s3.upload_fileobj(io.BytesIO(raw), "box", "a", Config=config)
    back = io.BytesIO()
    s3.download_fileobj("box", "a", back, Config=config)
    assert back.getvalue() == raw
    assert s3.head_object(**PLACE)["ETag"] == md5(raw)
    s3.copy({"Bucket": "box", "Key": "a"}, "box", "b", Config=config)
    assert content(s3, "b") == raw
    assert files_on_disk(backend) == ["objects", "objects"]


def test_replaces_an_object_when_it_completes(backend: SupabaseBackend, s3: Any) -> None:
    s3.put_object(**PLACE, Body=b"old")
    upload = begun(s3)
    part = sent(s3, upload, 1, b"new")
    assert content(s3, "a") == b"old"
    complete(s3, upload, part)
    assert content(s3, "a") == b"new"
    assert files_on_disk(backend) == ["objects"]


def test_a_part_may_be_sent_again(backend: SupabaseBackend, s3: Any) -> None:
    upload = begun(s3)
    sent(s3, upload, 1, b"wrong")
    part = sent(s3, upload, 1, b"right")
    assert files_on_disk(backend) == ["uploads"]
    complete(s3, upload, part)
    assert content(s3, "a") == b"right"


def test_many_parts_at_once(backend: SupabaseBackend, s3: Any) -> None:
    upload = begun(s3)
    bodies = {number: bytes([number]) * (5 * MIB) for number in range(1, 7)}
    with ThreadPoolExecutor(6) as pool:
        parts = list(pool.map(lambda number: sent(s3, upload, number, bodies[number]), bodies))
        again = list(pool.map(lambda number: sent(s3, upload, 1, bodies[number]), bodies))
    assert [part["PartNumber"] for part in parts] == list(bodies)
    kept = [part["ETag"] for part in s3.list_parts(**upload)["Parts"]]
    assert kept[1:] == [part["ETag"] for part in parts[1:]]
    assert kept[0] in {part["ETag"] for part in again}
    assert len(files_on_disk(backend)) == 6
    size = sql(backend, "select in_progress_size from storage.s3_multipart_uploads")[0][0]
    assert size == 30 * MIB


def test_takes_all_parts_when_none_is_listed(s3: Any) -> None:
    upload = begun(s3)
    sent(s3, upload, 1, FIRST)
    sent(s3, upload, 2, b"end")
    s3.complete_multipart_upload(**upload)
    assert content(s3, "a") == FIRST + b"end"


def test_leaves_out_what_is_not_listed(backend: SupabaseBackend, s3: Any) -> None:
    upload = begun(s3)
    sent(s3, upload, 1, FIRST)
    complete(s3, upload, sent(s3, upload, 2, b"end"))
    assert content(s3, "a") == b"end"
    assert files_on_disk(backend) == ["objects"]


def test_parts_must_be_right(backend: SupabaseBackend, s3: Any) -> None:
    upload = begun(s3)
    with refused("InvalidPart", 400):
        s3.complete_multipart_upload(**upload)
    one, two = sent(s3, upload, 1, b"small"), sent(s3, upload, 2, b"end")
    with refused("EntityTooSmall", 400):
        complete(s3, upload, one, two)
    with refused("InvalidPart", 400):
        complete(s3, upload, one, {**two, "PartNumber": 3})
    with refused("InvalidPart", 400):
        complete(s3, upload, {**one, "ETag": two["ETag"]})
    with refused("InvalidPartOrder", 400):
        complete(s3, upload, two, one)
    with refused("InvalidPartOrder", 400):
        complete(s3, upload, one, one)
    assert keys(s3) == []
    complete(s3, upload, {**one, "ETag": one["ETag"].strip('"')})
    assert content(s3, "a") == b"small"


@pytest.mark.parametrize("number", [0, 10_001])
def test_part_has_a_number(s3: Any, number: int) -> None:
    upload = begun(s3)
    with refused("InvalidArgument", 400):
        s3.upload_part(**upload, PartNumber=number, Body=b"x")


def test_is_found_by_id_and_place(s3: Any) -> None:
    upload = begun(s3)
    for wrong in ({"UploadId": "none"}, {"Key": "b"}):
        named = {**upload, **wrong}
        with refused("NoSuchUpload", 404):
            s3.upload_part(**named, PartNumber=1, Body=b"x")
        with refused("NoSuchUpload", 404):
            s3.list_parts(**named)
        with refused("NoSuchUpload", 404):
            complete(s3, named, {"PartNumber": 1, "ETag": "x"})
        with refused("NoSuchUpload", 404):
            s3.abort_multipart_upload(**named)


def test_is_over_once(backend: SupabaseBackend, s3: Any) -> None:
    upload = begun(s3)
    part = sent(s3, upload, 1, b"x")
    complete(s3, upload, part)
    with refused("NoSuchUpload", 404):
        complete(s3, upload, part)
    second = begun(s3)
    sent(s3, second, 1, b"y")
    s3.abort_multipart_upload(**second)
    with refused("NoSuchUpload", 404):
        sent(s3, second, 2, b"y")
    assert content(s3, "a") == b"x"
    assert files_on_disk(backend) == ["objects"]
    assert under_way(backend) == 0


def test_parts_together_obey_the_limit(backend: SupabaseBackend, s3: Any) -> None:
    sql(backend, "update storage.buckets set file_size_limit = 10")
    upload = begun(s3)
    sent(s3, upload, 1, b"1234567")
    with refused("EntityTooLarge", 413):
        sent(s3, upload, 2, b"1234")
    sent(s3, upload, 1, b"1234567890")
    sql(backend, "update storage.buckets set file_size_limit = 9")
    with refused("EntityTooLarge", 413):
        s3.complete_multipart_upload(**upload)
    assert files_on_disk(backend) == ["uploads"]


def test_part_of_an_object(backend: SupabaseBackend, s3: Any) -> None:
    s3.put_object(Bucket="box", Key="from", Body=FIRST + b"0123456789")
    upload = begun(s3)
    source = {"CopySource": "box/from"}
    one = s3.upload_part_copy(**upload, **source, PartNumber=1)["CopyPartResult"]
    two = s3.upload_part_copy(
        **upload, **source, PartNumber=2, CopySourceRange=f"bytes={5 * MIB + 2}-{5 * MIB + 4}"
    )["CopyPartResult"]
    assert one["ETag"] == md5(FIRST + b"0123456789")
    assert two["ETag"] == md5(b"234")
    etags = [one["ETag"], two["ETag"]]
    complete(s3, upload, *({"PartNumber": i, "ETag": e} for i, e in enumerate(etags, 1)))
    assert content(s3, "a") == FIRST + b"0123456789234"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"CopySourceRange": "bytes=0-10"}, "InvalidRange"),
        ({"CopySourceRange": "bytes=5-"}, "InvalidArgument"),
        ({"CopySourceRange": "bytes=-5"}, "InvalidArgument"),
        ({"CopySourceRange": "bytes=5-4"}, "InvalidRange"),
        ({"CopySourceIfMatch": "x"}, "PreconditionFailed"),
        ({"CopySource": "box/none"}, "NoSuchKey"),
    ],
)
def test_part_of_no_object(s3: Any, options: dict[str, str], code: str) -> None:
    s3.put_object(Bucket="box", Key="from", Body=b"0123456789")
    upload = begun(s3)
    with refused(code):
        s3.upload_part_copy(**upload, PartNumber=1, **{"CopySource": "box/from", **options})


def test_lists_its_parts(s3: Any) -> None:
    upload = begun(s3)
    for number in (3, 1, 2):
        sent(s3, upload, number, b"x" * number)
    listed = s3.list_parts(**upload)
    assert [(one["PartNumber"], one["Size"]) for one in listed["Parts"]] == [(1, 1), (2, 2), (3, 3)]
    pages = s3.get_paginator("list_parts").paginate(**upload, PaginationConfig={"PageSize": 2})
    assert [[one["PartNumber"] for one in page["Parts"]] for page in pages] == [[1, 2], [3]]


def test_are_listed(s3: Any) -> None:
    names = ["a/1", "a/2", "b", "b", "c d"]
    for name in names:
        s3.create_multipart_upload(Bucket="box", Key=name)
    pages = s3.get_paginator("list_multipart_uploads")
    for size in (1, 2, 1000):
        found = pages.paginate(Bucket="box", PaginationConfig={"PageSize": size})
        assert [one["Key"] for page in found for one in page.get("Uploads", [])] == names
    answer = s3.list_multipart_uploads(Bucket="box", Delimiter="/")
    assert [one["Prefix"] for one in answer["CommonPrefixes"]] == ["a/"]
    assert [one["Key"] for one in answer["Uploads"]] == ["b", "b", "c d"]
    below = s3.list_multipart_uploads(Bucket="box", Delimiter="/", Prefix="a/")
    assert [one["Key"] for one in below["Uploads"]] == ["a/1", "a/2"]


def start_again(backend: SupabaseBackend) -> None:
    """Do what a start does with what it finds."""
    pool = open_pool(backend.database_url, max_size=1)
    context = StorageContext(
        config=backend.config.storage,
        keys=backend.keys,
        database=Database(pool),
        files=FileStore(backend.storage_folder, durable=False),
        clock=backend.clock,
        external_url=backend.url,
    )
    try:
        context.files.recover(context.database.versions_in_use)
        tidy(context, backend.clock.now())
    finally:
        pool.close()


def test_survives_a_start(backend: SupabaseBackend, s3: Any) -> None:
    upload = begun(s3)
    one = sent(s3, upload, 1, FIRST)
    folder = backend.storage_folder / "uploads" / "s3" / upload["UploadId"]
    (folder / "a-part-that-no-row-names").write_bytes(b"x")
    strange = folder.with_name("c9d3e1f0-0000-4000-8000-000000000000")
    strange.mkdir()
    (strange / "x").write_bytes(b"x")
    start_again(backend)
    assert files_on_disk(backend) == ["uploads"]
    assert not strange.exists()
    complete(s3, upload, one, sent(s3, upload, 2, b"end"))
    assert content(s3, "a") == FIRST + b"end"


def test_ends_with_its_time(backend: SupabaseBackend, s3: Any) -> None:
    upload = begun(s3)
    sent(s3, upload, 1, b"x")
    begun(s3)
    backend.clock.advance(seconds=LIFETIME.total_seconds() - 60)
    start_again(backend)
    assert under_way(backend) == 2
    backend.clock.advance(minutes=2)
    start_again(backend)
    assert under_way(backend) == 0
    assert files_on_disk(backend) == []
    assert not list((backend.storage_folder / "uploads" / "s3").iterdir())


def test_aborted_while_a_part_comes(backend: SupabaseBackend, s3: Any) -> None:
    upload = begun(s3)
    aborted = threading.Event()

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > MIB and not aborted.is_set():
                aborted.set()
                s3.abort_multipart_upload(**upload)
            return super().read(min(size or 0, MIB) if size and size > 0 else size)

    slow = Slow(b"x" * (4 * MIB))
    with refused("NoSuchUpload", 404):
        s3.upload_part(**upload, PartNumber=1, Body=slow)
    assert aborted.is_set()
    assert files_on_disk(backend) == []
