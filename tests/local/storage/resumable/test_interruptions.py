"""Lost connections, two requests at once, restarts: no byte that arrived is lost or doubled."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import psycopg
import pytest

from hipflask.testing import SupabaseBackend
from tests.local.storage.resumable.conftest import Bucket, eventually
from tests.local.storage.resumable.restarts import started_again
from tests.local.storage.resumable.tus import Tus, reset

MEGABYTE = 1 << 20
DATA = bytes(range(256)) * 4096 * 3


@pytest.mark.parametrize("hang_up", [reset, lambda wire: wire.close()])
@pytest.mark.parametrize("sent", [1, 100_001, 2 * MEGABYTE + 7])
def test_every_byte_that_arrived_stays(
    admin: Tus, bucket: Bucket, sent: int, hang_up: Callable[[Any], None]
) -> None:
    url = admin.begin(len(DATA))
    wire = admin.half_patch(url, 0, DATA[:sent], len(DATA))
    on_disk = bucket.shelf / next(n for n in bucket.shelved if n.endswith(".json"))[:-5]
    wait_for(lambda: on_disk.exists() and on_disk.stat().st_size == sent)
    hang_up(wire)
    assert admin.head(url).offset == sent
    assert admin.patch(url, sent, DATA[sent:]).offset == len(DATA)
    assert bucket.content("a.txt") == DATA
    assert bucket.row("a.txt")["metadata"]["eTag"] == f'"{hashlib.md5(DATA).hexdigest()}"'


def wait_for(is_so: Callable[[], bool]) -> None:
    def ask() -> Any:
        return is_so()

    assert eventually(ask, bool)


def test_half_open_connection_does_not_stand_in_the_way(admin: Tus, bucket: Bucket) -> None:
    url = admin.begin(len(DATA))
    with admin.half_patch(url, 0, DATA[:1000], len(DATA)) as old:
        eventually(lambda: admin.head(url), lambda reply: reply.offset == 1000)
        assert admin.patch(url, 1000, DATA[1000:5000]).offset == 5000
        old.sendall(DATA[1000:])  # the network is back, and too late
        assert b" 400 " in old.recv(4096).partition(b"\r\n")[0]
    assert admin.patch(url, 5000, DATA[5000:]).headers["tus-complete"] == "1"
    assert bucket.content("a.txt") == DATA


def test_two_at_once_do_not_mix(admin: Tus, bucket: Bucket) -> None:
    url = admin.begin(len(DATA))
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: admin.patch(url, 0, DATA), range(4)))
    assert {reply.status for reply in replies} <= {204, 400, 409}
    offset = admin.head(url).offset
    if offset < len(DATA):
        admin.patch(url, offset, DATA[offset:])
    assert bucket.content("a.txt") == DATA


def test_termination_ends_who_is_sending(admin: Tus, bucket: Bucket) -> None:
    url = admin.begin(len(DATA))
    with admin.half_patch(url, 0, DATA[:1000], len(DATA)) as old:
        eventually(lambda: admin.head(url), lambda reply: reply.offset == 1000)
        assert admin.delete(url).status == 204
        old.sendall(DATA[1000:])
        assert b" 400 " in old.recv(4096).partition(b"\r\n")[0]
    assert bucket.shelved == []


def test_goes_on_after_a_restart(backend: SupabaseBackend, admin: Tus, bucket: Bucket) -> None:
    url = admin.begin(len(DATA))
    admin.patch(url, 0, DATA[:MEGABYTE])
    with started_again(backend) as address:
        url = url.replace(backend.url, address)
        assert admin.head(url).offset == MEGABYTE
        assert admin.patch(url, MEGABYTE, DATA[MEGABYTE:]).headers["tus-complete"] == "1"
    assert bucket.row("a.txt")["metadata"]["eTag"] == f'"{hashlib.md5(DATA).hexdigest()}"'


def test_refused_row_leaves_the_bytes(backend: SupabaseBackend, admin: Tus, bucket: Bucket) -> None:
    url = admin.begin(3)
    with psycopg.connect(backend.database_url, autocommit=True) as connection:
        connection.execute(
            "create function refuse() returns trigger language plpgsql as"
            " $$ begin if new.version <> '1' then raise 'not now'; end if; return new; end $$"
        )
        connection.execute(
            "create trigger refuse before insert on storage.objects"
            " for each row execute function refuse()"
        )
        assert admin.patch(url, 0, b"abc").status == 500
        assert not bucket.has("a.txt")
        connection.execute("drop trigger refuse on storage.objects")
    assert admin.head(url).offset == 3
    assert bucket.content("a.txt") == b"abc"


def test_crash_before_the_row_is_made_up_for(
    backend: SupabaseBackend, admin: Tus, bucket: Bucket
) -> None:
    url = admin.begin(3)
    whole(bucket, b"abc")
    with started_again(backend) as address:
        assert admin.head(url.replace(backend.url, address)).offset == 3
    assert bucket.content("a.txt") == b"abc"


def test_crash_after_the_row_is_made_up_for(
    backend: SupabaseBackend, admin: Tus, bucket: Bucket
) -> None:
    url = admin.begin(3)
    note = bucket.shelf / bucket.shelved[0]
    before = note.read_bytes()
    admin.patch(url, 0, b"abc")
    version = bucket.row("a.txt")["version"]
    note.write_bytes(before)  # as it was when the row was there and the note was not
    whole(bucket, b"abc")
    with started_again(backend) as address:
        assert admin.head(url.replace(backend.url, address)).offset == 3
    assert bucket.row("a.txt")["version"] == version
    assert bucket.content("a.txt") == b"abc"
    assert bucket.shelved == [note.name]


def test_making_up_replaces_nothing(backend: SupabaseBackend, admin: Tus, bucket: Bucket) -> None:
    url = admin.begin(3)
    admin.create(5, body=b"other")
    note = next(n for n in bucket.shelved if n.removesuffix(".json") in decoded(url))
    (bucket.shelf / note.removesuffix(".json")).write_bytes(b"abc")
    assert admin.head(url).status == 409
    assert bucket.content("a.txt") == b"other"


def decoded(url: str) -> str:
    return base64.urlsafe_b64decode(url.rpartition("/")[2] + "==").decode()


def whole(bucket: Bucket, content: bytes) -> None:
    """Let the bytes lie there as a crash leaves them: all arrived, nothing done."""
    note = bucket.shelved[0]
    (bucket.shelf / note.removesuffix(".json")).write_bytes(content)


@pytest.mark.supabase(storage={"file_size_limit": 1 << 31})
def test_large_upload_needs_little_memory(admin: Tus, bucket: Bucket) -> None:
    size = int(os.environ.get("HIPFLASK_TEST_UPLOAD_MEGABYTES", "256")) * MEGABYTE
    block = os.urandom(MEGABYTE)
    url = admin.begin(size)
    process = psutil.Process()
    before, most = process.memory_info().rss, 0

    def blocks() -> Any:
        nonlocal most
        for _ in range(size // MEGABYTE):
            yield block
            most = max(most, process.memory_info().rss)

    reply = admin.patch(url, 0, blocks(), Content_Length=str(size))
    assert reply.headers["tus-complete"] == "1"
    assert max(most, process.memory_info().rss) - before < 64 * MEGABYTE
