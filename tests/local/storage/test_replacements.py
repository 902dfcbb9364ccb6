"""An object that is replaced between the look at its row and the opening of its file."""

from __future__ import annotations

from typing import Any

import pytest

from hipflask.local.storage.files import FileStore
from hipflask.testing import SupabaseBackend
from tests.local.storage.client import Storage, assert_refused, files_on_disk
from tests.local.storage.s3.people import connect


class Intruder:
    """Replaces an object just before one of ``FileStore``'s methods gets to it, some times."""

    def __init__(
        self, patch: pytest.MonkeyPatch, storage: Storage, method: str, times: int = 1
    ) -> None:
        self._storage, self._times = storage, times
        act = getattr(FileStore, method)

        def acted(store: FileStore, version: str) -> Any:
            self._replace()
            return act(store, version)

        patch.setattr(FileStore, method, acted)

    def _replace(self) -> None:
        if self._times:
            self._times -= 1
            self._storage.keep("b1/a.txt", content=b"new!", x_upsert="true")


@pytest.fixture
def kept(storage: Storage) -> Storage:
    storage.keep("b1/a.txt")
    return storage


@pytest.mark.parametrize("times", [1, 3])
def test_download(kept: Storage, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    Intruder(monkeypatch, kept, "open", times)
    answer = kept.get("/object/b1/a.txt")
    assert (answer.status, answer.body) == (200, b"new!")
    assert answer.headers["Content-Length"] == "4"
    assert answer.headers["ETag"] == kept.info("b1/a.txt")["etag"]


def test_copy(kept: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    Intruder(monkeypatch, kept, "copy")
    body = {"bucketId": "b1", "sourceKey": "a.txt", "destinationKey": "c.txt"}
    assert kept.post("/object/copy", body).status == 200
    assert kept.read("b1/c.txt") == b"new!"


def test_by_s3(backend: SupabaseBackend, kept: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = connect(backend)
    Intruder(monkeypatch, kept, "open")
    assert s3.get_object(Bucket="b1", Key="a.txt")["Body"].read() == b"new!"
    Intruder(monkeypatch, kept, "copy")
    s3.copy_object(Bucket="b1", Key="c.txt", CopySource="b1/a.txt")
    assert kept.read("b1/c.txt") == b"new!"


def test_file_that_is_lost(backend: SupabaseBackend, kept: Storage) -> None:
    for name in files_on_disk(backend):
        (backend.storage_folder / name).unlink()
    assert_refused(kept.get("/object/b1/a.txt"), 404, "NoSuchKey", "Object not found")
