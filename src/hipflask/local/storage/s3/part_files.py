"""The parts of multipart uploads on disk: ``uploads/s3/<upload>/<part's version>``.

A part is written as every version is and then moved here; what the rows do not name is what a crash
left, and goes at the next start.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from hipflask.local.storage.files import FileStore, Readable, Written
from hipflask.local.storage.s3 import unfinished
from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.unfinished import Part, is_id

if TYPE_CHECKING:
    from hipflask.local.storage.context import StorageContext

#: How long an upload may take; AWS leaves it to a bucket's lifecycle rules.
LIFETIME: Final = timedelta(days=7)


class PartFiles:
    """The files of the uploads under way."""

    def __init__(self, files: FileStore) -> None:
        self._files = files
        self._root = files.uploads / "s3"

    def begin(self, upload_id: str) -> None:
        """Make room for an upload."""
        self._folder(upload_id).mkdir(parents=True, exist_ok=True)

    def receive(self, upload_id: str, source: Readable, *, limit: int) -> Written:
        """Write a part, whole or not at all, or raise EntityTooLarge."""
        written = self._files.write(source, limit=limit)
        try:
            self._files.release(written.version, self._file(upload_id, written.version))
        except FileNotFoundError:  # aborted meanwhile
            self._files.discard(written.version)
            raise S3Error("NoSuchUpload") from None
        return written

    def drop(self, upload_id: str, versions: Sequence[str]) -> None:
        """Delete parts that no row names."""
        for version in versions:
            with contextlib.suppress(OSError):
                self._file(upload_id, version).unlink()

    def end(self, upload_id: str) -> None:
        """Delete what there is of an upload."""
        shutil.rmtree(self._folder(upload_id), ignore_errors=True)

    def join(self, upload_id: str, parts: Sequence[Part], *, limit: int) -> Written:
        """Return a new pending version of the parts, one after another."""
        try:
            paths = [self._file(upload_id, part.version) for part in parts]
            if len(parts) == 1:
                return self._files.adopt(paths[0], md5=parts[0].etag.strip('"'), keep=True)
            with contextlib.closing(_Joined(paths)) as joined:
                return self._files.write(joined, limit=limit)
        except FileNotFoundError:  # replaced, aborted or completed meanwhile
            raise S3Error("InvalidPart") from None

    def uploads(self) -> list[str]:
        """Return the ids of the uploads that have a folder."""
        return [path.name for path in self._root.glob("*") if is_id(path.name)]

    def tidy(self, known: Mapping[str, set[str]]) -> None:
        """Delete what ``known`` (upload -> versions) does not name. Only while nobody uploads."""
        for upload_id in self.uploads():
            if upload_id not in known:
                self.end(upload_id)
                continue
            for path in self._folder(upload_id).iterdir():
                if path.name not in known[upload_id]:
                    path.unlink(missing_ok=True)

    def _file(self, upload_id: str, version: str) -> Path:
        """Return where a part lies; FileNotFoundError for what no row of ours says."""
        if not is_id(version):
            raise FileNotFoundError(errno.ENOENT, "not the version of a part", version)
        return self._folder(upload_id) / version

    def _folder(self, upload_id: str) -> Path:
        return self._root / upload_id


def tidy(context: StorageContext, now: datetime) -> None:
    """Drop what crashes and clients left behind."""
    files = PartFiles(context.files)
    if not files.uploads():
        return
    with context.database.as_owner() as tx:
        unfinished.end_older(tx, now - LIFETIME)
        known = unfinished.versions(tx)
    files.tidy(known)


class _Joined:
    """Several files read as one."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._opened = self._open(paths)
        self._file: BinaryIO | None = None

    def read(self, size: int, /) -> bytes:
        while True:
            if self._file is None:
                self._file = next(self._opened, None)
                if self._file is None:
                    return b""
            if chunk := self._file.read(size):
                return chunk
            self.close()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self, paths: Sequence[Path]) -> Iterator[BinaryIO]:
        for path in paths:
            yield path.open("rb", buffering=0)
