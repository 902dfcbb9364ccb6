"""One owner per data folder: the second start learns who the first is."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import IO

from hipflask.errors import AlreadyRunning

# Far behind the text, so that on Windows (where a locked byte cannot be read) the text stays
# readable. Locking past the end of a file is allowed everywhere.
_LOCKED_BYTE = 1 << 30

# Record locks belong to the process, not to the file handle: they do not stop a second cluster
# object in the same process, and closing any other handle to the file drops them.
_held_here: set[Path] = set()
_held_here_guard = threading.Lock()


class FolderLock:
    """A lock file beside a data folder. The system drops the lock when its holder dies."""

    def __init__(self, data: Path) -> None:
        self.path = data.with_name(f"{data.name}.lock")
        self._data = data
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock, or raise AlreadyRunning with the pid of the process that holds it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        key = self.path.resolve()
        with _held_here_guard:
            if key in _held_here:
                raise AlreadyRunning(os.getpid(), self._data)
            file = self.path.open("a+", encoding="ascii")
            try:
                _lock(file)
            except OSError:
                file.seek(0)
                pid = file.read(20).strip()
                file.close()
                raise AlreadyRunning(int(pid) if pid.isdigit() else 0, self._data) from None
            _held_here.add(key)
        file.seek(0)
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file

    def release(self) -> None:
        """Let the lock go. Does nothing when it is not held."""
        if self._file is None:
            return
        with _held_here_guard:
            self._file.close()
            _held_here.discard(self.path.resolve())
        self._file = None


def _lock(file: IO[str]) -> None:
    # A POSIX record lock, not flock: a forked child would share a flock and outlive us with it.
    if sys.platform == "win32":
        import msvcrt  # Windows only

        file.seek(_LOCKED_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # POSIX only

        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _LOCKED_BYTE)
