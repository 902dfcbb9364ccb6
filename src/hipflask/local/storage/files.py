"""Objects on disk: immutable files, each named by its version.

    objects/3f/3f0c…    a whole object; nothing is ever changed in it
    tmp/3f0c…           one that is being written
    pending/3f0c…       its second name, a mark: only the database knows whether it is in use
    uploads/            what resumable and multipart uploads have received so far

A version is written to ``tmp``, flushed to the disk and renamed. Its mark is there from before the
rename until after the commit that makes the database point to it, and again from before the commit
that makes the database forget it. So whatever the moment of a crash, the next start can tell from
the marks alone which files to drop, and never touches one that it does not know.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol, TypeVar
from uuid import uuid4

from hipflask.local.storage.errors import disk_failure, too_large

CHUNK: Final = 64 * 1024  # stays in the processor's cache from the socket to the disk
_VERSION: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_Result = TypeVar("_Result")


class Readable(Protocol):
    """A stream of bytes; ``read`` returns fewer than asked for only at its end."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Written:
    """A version that lies on disk. ``md5`` is in hexadecimal."""

    version: str
    size: int
    md5: str


class FileStore:
    """The files of one project's objects.

    ``durable=False`` is for tests: it does not wait for the disk, so a power cut may lose objects.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder
        self._objects = folder / "objects"
        self._tmp = folder / "tmp"
        self._pending = folder / "pending"
        self.uploads = folder / "uploads"
        self._durable = durable

    def recover(self, in_use: Callable[[list[str]], set[str]]) -> None:
        """Drop what a crash left behind. ``in_use`` says which versions the database knows."""
        for path in self._tmp.glob("*"):
            path.unlink()
        marked = [path.name for path in self._pending.glob("*") if _is_version(path.name)]
        kept = in_use(marked) if marked else set()
        for version in marked:
            self.keep(version) if version in kept else self.discard(version)

    def clear(self) -> None:
        """Delete every file. The folders stay: a stack that runs may be about to write."""
        for folder in (self._tmp, self._pending, self._objects, self.uploads):
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    with contextlib.suppress(OSError):
                        path.unlink()

    def write(self, source: Readable, *, limit: int) -> Written:
        """Write a new version, or raise EntityTooLarge, or InternalError when the disk refuses.

        It is pending until ``keep`` or ``discard`` is called.
        """
        with self._new_version() as (version, path):
            size, digest = 0, hashlib.md5(usedforsecurity=False)
            with _disk():
                file = _made_if_missing(self._tmp, lambda: path.open("xb", buffering=0))
            with file:
                while chunk := source.read(CHUNK):
                    size += len(chunk)
                    if size > limit:
                        raise too_large()
                    digest.update(chunk)
                    _write_whole(file, chunk)
                self._flush(file)
        return Written(version, size, digest.hexdigest())

    def adopt(self, path: Path, *, md5: str = "", version: str = "", keep: bool = False) -> Written:
        """Take a whole file of the same disk over as a new version; ``path`` is gone then.

        With ``keep`` it stays, and nothing may be written to it any more.
        """
        with self._new_version(version) as (version, temporary), _disk():
            self._tmp.mkdir(parents=True, exist_ok=True)
            with path.open("r+b") as file:
                md5 = md5 or _md5(file)
                size = file.seek(0, os.SEEK_END)
                self._flush(file)
            if keep:
                self._link(path, temporary)
            else:
                path.replace(temporary)
        return Written(version, size, md5)

    def copy(self, version: str) -> str:
        """Return a new pending version with the content of ``version``."""
        with self._new_version() as (new, path), _disk():
            self._tmp.mkdir(parents=True, exist_ok=True)
            self._link(self.path(version), path)
        return new

    def mark(self, versions: Iterable[str]) -> None:
        """Mark versions that the database is about to forget."""
        with _disk():
            for version in filter(_is_version, versions):
                self._mark(version, self.path(version))

    def keep(self, version: str) -> None:
        """Take the mark off: the database points to the version."""
        with contextlib.suppress(OSError):
            if _is_version(version):
                (self._pending / version).unlink()

    def discard(self, version: str) -> None:
        """Delete a version that the database does not know."""
        # On Windows a file that is being read stays; with its mark, so the next start drops it.
        with contextlib.suppress(PermissionError, FileNotFoundError):
            self.path(version).unlink(missing_ok=True)
            self.keep(version)

    def release(self, version: str, path: Path) -> None:
        """Give a pending version away: its file lies at ``path`` then, on the same disk."""
        with _disk():
            self.path(version).replace(path)
            self._flush_folder(path.parent)
        self.keep(version)

    def path(self, version: str) -> Path:
        """Return where a version lies.

        Raises FileNotFoundError for what is no version: who may write rows of ``storage.objects``
        by SQL must not lead us to other files with them.
        """
        if not _is_version(version):
            raise FileNotFoundError(errno.ENOENT, "not the version of an object", version)
        return self._objects / version[:2] / version

    def open(self, version: str) -> BinaryIO:
        """Open a version for reading; raise FileNotFoundError if it was dropped meanwhile."""
        return self.path(version).open("rb", buffering=0)

    @contextlib.contextmanager
    def _new_version(self, version: str = "") -> Iterator[tuple[str, Path]]:
        """Lend a path under ``tmp``; what lies there afterwards becomes a pending version."""
        version = version or str(uuid4())
        temporary = self._tmp / version
        try:
            yield version, temporary
            with _disk():
                self._mark(version, temporary)
                final = self.path(version)
                _made_if_missing(final.parent, lambda: temporary.replace(final))
                self._flush_folder(final.parent)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            self.discard(version)
            raise

    def _link(self, source: Path, target: Path) -> None:
        """Let ``target`` be the same file: neither will ever change."""
        try:
            os.link(source, target)
        except FileNotFoundError:
            raise
        except OSError:  # a disk without hard links
            shutil.copyfile(source, target)
            with target.open("r+b") as file:
                self._flush(file)

    def _mark(self, version: str, file: Path) -> None:
        """Make the mark a second name of the file: a file of its own costs the disk much more."""
        mark = self._pending / version
        try:
            _made_if_missing(self._pending, lambda: os.link(file, mark))
        except FileExistsError:
            return
        except OSError:  # a disk without hard links, or the file is gone
            mark.touch()

    def _flush(self, file: BinaryIO) -> None:
        file.flush()
        if self._durable:
            with _disk():
                os.fsync(file.fileno())

    def _flush_folder(self, folder: Path) -> None:
        if self._durable and sys.platform != "win32":
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


@contextlib.contextmanager
def _disk() -> Iterator[None]:
    """Say what the disk refused as Storage does."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise disk_failure(error) from error


def _made_if_missing(folder: Path, act: Callable[[], _Result]) -> _Result:
    """Do something that needs a folder. To look whether it is there would cost every upload."""
    try:
        return act()
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
        return act()


def _write_whole(file: BinaryIO, chunk: bytes) -> None:
    with _disk():
        view = memoryview(chunk)
        while view:
            view = view[file.write(view) :]


def _md5(file: BinaryIO) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    file.seek(0)
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _is_version(name: str) -> bool:
    return _VERSION.fullmatch(name) is not None
