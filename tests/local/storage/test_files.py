"""Objects on disk: whole or not there, whatever breaks in between."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from pathlib import Path
from uuid import uuid4

import pytest

from hipflask.local.storage.errors import StorageError
from hipflask.local.storage.files import FileStore

CONTENT = os.urandom(700_000)


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "storage", durable=False)


class Breaking:
    """A source that fails after its first bytes."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self._reads = 0

    def read(self, size: int, /) -> bytes:
        self._reads += 1
        if self._reads > 1:
            raise self._error
        return CONTENT[:size]


def files_in(store: FileStore) -> list[str]:
    return sorted(path.name for path in store.folder.rglob("*") if path.is_file())


def test_writes_what_it_is_given(store: FileStore) -> None:
    written = store.write(io.BytesIO(CONTENT), limit=len(CONTENT))
    store.keep(written.version)
    assert written.size == len(CONTENT)
    assert written.md5 == hashlib.md5(CONTENT).hexdigest()
    with store.open(written.version) as file:
        assert file.read() == CONTENT
    assert files_in(store) == [written.version]


def test_nothing_is_a_content_too(store: FileStore) -> None:
    written = store.write(io.BytesIO(), limit=0)
    assert (written.size, store.path(written.version).read_bytes()) == (0, b"")


def test_too_much_leaves_nothing(store: FileStore) -> None:
    with pytest.raises(StorageError) as caught:
        store.write(io.BytesIO(CONTENT), limit=len(CONTENT) - 1)
    assert caught.value.code == "EntityTooLarge"
    assert files_in(store) == []


def test_source_that_breaks_leaves_nothing(store: FileStore) -> None:
    with pytest.raises(RuntimeError):
        store.write(Breaking(RuntimeError("gone")), limit=10**9)
    assert files_in(store) == []


def test_next_start_drops_what_nobody_committed(store: FileStore) -> None:
    kept, lost = (store.write(io.BytesIO(b"x"), limit=1).version for _ in range(2))
    FileStore(store.folder).recover(lambda versions: {kept} & set(versions))
    assert files_in(store) == [kept]
    assert lost not in files_in(store)


def test_next_start_drops_what_was_being_written(store: FileStore) -> None:
    store.discard(store.write(io.BytesIO(), limit=0).version)
    (store.folder / "tmp" / str(uuid4())).write_bytes(b"half")
    store.recover(lambda versions: set())
    assert files_in(store) == []


def test_next_start_touches_nothing_without_a_mark(store: FileStore) -> None:
    version = store.write(io.BytesIO(b"x"), limit=1).version
    store.keep(version)
    FileStore(store.folder).recover(lambda versions: set())
    assert files_in(store) == [version]


def test_start_without_a_folder_is_quiet(tmp_path: Path) -> None:
    FileStore(tmp_path / "none").recover(lambda versions: set())
    assert not (tmp_path / "none").exists()


def test_replaced_version_goes_at_the_next_start(store: FileStore) -> None:
    old = store.write(io.BytesIO(b"old"), limit=3).version
    store.keep(old)
    store.mark([old])  # and then the process dies, after the commit or before
    FileStore(store.folder).recover(lambda versions: set(versions))
    assert files_in(store) == [old]
    store.mark([old])
    FileStore(store.folder).recover(lambda versions: set())
    assert files_in(store) == []


def test_copy_is_a_version_of_its_own(store: FileStore) -> None:
    version = store.write(io.BytesIO(CONTENT), limit=len(CONTENT)).version
    copy = store.copy(version)
    store.discard(version)
    store.keep(copy)
    assert store.path(copy).read_bytes() == CONTENT
    assert files_in(store) == [copy]


def test_copy_on_a_disk_without_hard_links(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    version = store.write(io.BytesIO(CONTENT), limit=len(CONTENT)).version
    monkeypatch.setattr(os, "link", refuse)
    assert store.path(store.copy(version)).read_bytes() == CONTENT


def test_copy_of_what_is_gone_says_so(store: FileStore) -> None:
    with pytest.raises(FileNotFoundError):
        store.copy(str(uuid4()))
    assert files_in(store) == []


def test_adopts_a_file_that_is_there(store: FileStore, tmp_path: Path) -> None:
    received = tmp_path / "received"
    received.write_bytes(CONTENT)
    written = store.adopt(received)
    assert (written.size, written.md5) == (len(CONTENT), hashlib.md5(CONTENT).hexdigest())
    assert not received.exists()


def test_clear_leaves_folders_and_no_file(store: FileStore) -> None:
    version = store.write(io.BytesIO(b"x"), limit=1).version
    store.clear()
    assert files_in(store) == []
    assert store.path(version).parent.is_dir()
    assert store.write(io.BytesIO(b"x"), limit=1).size == 1
