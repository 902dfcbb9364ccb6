"""A disk that is full, or that nobody may write to: an error, and no part of an object."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hipflask.testing import SupabaseBackend
from tests.local.storage.client import Reply, Storage, assert_refused, files_on_disk, sql

MIB = 1 << 20
FULL = "The file could not be written: No space left on device. Nothing was kept."

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="mounts and modes are POSIX's")


@pytest.fixture
def small_disk(backend: SupabaseBackend) -> Iterator[Path]:
    """A file system of 4 MiB where the backend keeps its objects."""
    folder = backend.storage_folder
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "hipflask-test", str(folder)]
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root may mount a small file system, and only on Linux")
    mounted = subprocess.run(command, capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def assert_full(answer: Reply) -> None:
    assert_refused(answer, 500, "InternalError", FULL, http_status=500)


def test_full_disk(backend: SupabaseBackend, storage: Storage, small_disk: Path) -> None:
    storage.keep("b1/a", content=b"a" * MIB)
    for method in ("POST", "PUT"):
        assert_full(storage.upload("b1/b", b"b" * 8 * MIB, method=method))
    assert len(files_on_disk(backend)) == 1
    assert sql(backend, "select name from storage.objects") == [("a",)]
    assert storage.read("b1/a") == b"a" * MIB
    storage.keep("b1/c", content=b"c" * MIB)


def test_full_disk_leaves_the_old_object(
    backend: SupabaseBackend, storage: Storage, small_disk: Path
) -> None:
    storage.keep("b1/a", content=b"a" * MIB)
    before = storage.info("b1/a")
    assert_full(storage.upload("b1/a", b"b" * 8 * MIB, method="PUT"))
    assert storage.read("b1/a") == b"a" * MIB
    assert storage.info("b1/a") == before
    assert len(files_on_disk(backend)) == 1


def test_full_disk_while_a_body_of_unknown_length_arrives(
    backend: SupabaseBackend, storage: Storage, small_disk: Path
) -> None:
    assert_full(storage.upload("b1/a", iter([b"x" * MIB] * 8)))
    assert files_on_disk(backend) == []


def test_delete_makes_room(backend: SupabaseBackend, storage: Storage, small_disk: Path) -> None:
    """Also when the disk is full to the last block."""
    storage.keep("b1/a", content=b"a" * 2 * MIB)
    with (
        (small_disk / "filler").open("wb", buffering=0) as filler,
        pytest.raises(OSError, match="No space"),
    ):
        while True:
            filler.write(b"x" * 4096)
    assert_full(storage.upload("b1/b", b"b" * MIB))
    assert storage.delete("/object/b1/a").status == 200
    assert storage.upload("b1/b", b"b" * MIB).status == 200


@pytest.mark.parametrize("operation", ["upload", "copy"])
def test_folder_that_is_none(backend: SupabaseBackend, storage: Storage, operation: str) -> None:
    """A file lies where objects are written first."""
    storage.keep("b1/a")
    tmp = backend.storage_folder / "tmp"
    if tmp.exists():
        tmp.rmdir()
    tmp.write_text("in the way")
    body = {"bucketId": "b1", "sourceKey": "a", "destinationKey": "b"}
    answer = storage.upload("b1/b") if operation == "upload" else storage.post("/object/copy", body)
    assert_refused(answer, 500, "InternalError", http_status=500)
    assert "Nothing was kept." in answer.json["message"]
    assert sql(backend, "select name from storage.objects") == [("a",)]
    assert storage.read("b1/a") == b"hello"


def test_file_that_was_deleted_by_hand(backend: SupabaseBackend, storage: Storage) -> None:
    storage.keep("b1/a")
    for path in files_on_disk(backend):
        (backend.storage_folder / path).unlink()
    assert_refused(storage.get("/object/b1/a"), 404, "NoSuchKey")
    body = {"bucketId": "b1", "sourceKey": "a", "destinationKey": "b"}
    assert_refused(storage.post("/object/copy", body), 404, "NoSuchKey")
    assert storage.upload("b1/a", b"again", method="PUT").status == 200
    assert storage.read("b1/a") == b"again"
