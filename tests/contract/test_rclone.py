"""The S3 protocol with rclone (Go, the AWS SDK for Go)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest

from hipflask.testing import SignedIn, SupabaseBackend
from tests.contract.rclone import Rclone, rclone_for
from tests.local.storage.s3.people import connect, files_on_disk, sql

LARGE = bytes(range(256)) * 50_000  # in parts of 5 MiB


@pytest.fixture
def rclone(backend: SupabaseBackend, tmp_path: Path) -> Rclone:
    """rclone with the project's keys, and a bucket."""
    program = rclone_for(backend, tmp_path)
    program("mkdir", "s3:box")
    return program


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with awkward names, an empty file and a large one."""
    root = tmp_path / "files"
    (root / "d/e").mkdir(parents=True)
    (root / "a b+c.txt").write_bytes(b"hello")
    (root / "it's (1)&.css").write_bytes(b"* {}")
    (root / "empty").write_bytes(b"")
    (root / "d/e/large.bin").write_bytes(LARGE)
    return root


def test_sync_there_and_back(rclone: Rclone, folder: Path, tmp_path: Path) -> None:
    rclone("sync", str(folder), "s3:box/x")
    assert "0 differences" in rclone.run("check", str(folder), "s3:box/x").stderr
    assert "0 differences" in rclone.run("check", "--download", str(folder), "s3:box/x").stderr
    assert (
        "There was nothing to transfer" in rclone.run("sync", "-v", str(folder), "s3:box/x").stderr
    )
    listed = rclone("lsf", "-R", "--files-only", "s3:box/x").splitlines()
    assert sorted(listed) == ["a b+c.txt", "d/e/large.bin", "empty", "it's (1)&.css"]
    rclone("sync", "s3:box/x", str(tmp_path / "back"))
    assert (tmp_path / "back/d/e/large.bin").read_bytes() == LARGE
    assert (tmp_path / "back/it's (1)&.css").read_bytes() == b"* {}"
    (folder / "empty").unlink()
    rclone("sync", str(folder), "s3:box/x")
    assert "empty" not in rclone("lsf", "s3:box/x")


def test_large_file_has_the_hash_of_the_whole(rclone: Rclone, folder: Path) -> None:
    rclone("copy", str(folder / "d/e/large.bin"), "s3:box")
    md5 = hashlib.md5(LARGE, usedforsecurity=False).hexdigest()
    assert rclone("md5sum", "s3:box").split() == [md5, "large.bin"]


def test_copies_moves_and_reads_in_part(rclone: Rclone, folder: Path) -> None:
    rclone("copy", str(folder), "s3:box")
    rclone("copyto", "s3:box/d/e/large.bin", "s3:box/copy")  # in parts, at the server
    rclone("moveto", "s3:box/a b+c.txt", "s3:box/moved")
    assert rclone("cat", "s3:box/moved") == "hello"
    assert rclone("cat", "--offset", "1", "--count", "2", "s3:box/moved") == "el"
    assert rclone("size", "--json", "s3:box/copy").startswith('{"count":1,"bytes":12800000')


def test_link_is_presigned(rclone: Rclone, folder: Path) -> None:
    rclone("copy", str(folder / "a b+c.txt"), "s3:box")
    url = rclone("link", "--expire", "60s", "s3:box/a b+c.txt").strip()
    with urlopen(url, timeout=20) as answer:
        assert answer.read() == b"hello"


def test_purge_leaves_nothing(backend: SupabaseBackend, rclone: Rclone, folder: Path) -> None:
    rclone("copy", str(folder), "s3:box")
    connect(backend).create_multipart_upload(Bucket="box", Key="begun")
    rclone("backend", "cleanup", "-o", "max-age=0s", "s3:box")
    rclone("purge", "s3:box")
    assert rclone("lsd", "s3:") == ""
    assert files_on_disk(backend) == []


def test_session_sees_its_own(
    backend: SupabaseBackend,
    rclone: Rclone,
    folder: Path,
    tmp_path: Path,
    signed_in: Callable[..., SignedIn],
) -> None:
    sql(
        backend,
        "create policy own on storage.objects to authenticated"
        " using (owner_id = auth.uid()::text) with check (owner_id = auth.uid()::text)",
        "create policy buckets on storage.buckets for select to authenticated using (true)",
    )
    ann, ben = (
        rclone_for(backend, tmp_path, signed_in(f"{name}@example.com").access_token)
        for name in ("ann", "ben")
    )
    ann("copy", str(folder), "s3:box/ann", "--s3-no-check-bucket")
    assert ann("size", "--json", "s3:box").startswith('{"count":4,')
    assert ben("lsf", "-R", "s3:box") == ""
    assert ben.run("cat", "s3:box/ann/a b+c.txt").stdout == ""
    refused = ben.run("copyto", str(folder / "empty"), "s3:box/ann/empty", "--s3-no-check-bucket")
    assert "row-level security" in refused.stderr
    assert rclone("size", "--json", "s3:box").startswith('{"count":4,')
