"""A memory limit as a container has it, and another user: applied to a command that is started.

A cgroup (version 1 or 2) where the machine lets us make one. RLIMIT_AS and RLIMIT_DATA would count
the threads' unused stacks, so without a cgroup there is no limit, and the caller measures instead.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

_JOIN = """
import os, sys
group, uid, gid, *command = sys.argv[1:]
if group:
    open(group, "w").write("0")
if int(uid):
    os.setgroups([])
    os.setgid(int(gid))
    os.setuid(int(uid))
os.execvp(command[0], command)
"""


_numbers = count(1)


@dataclass(frozen=True)
class MemoryLimit:
    """A cgroup; without a folder nothing is limited."""

    folder: Path | None
    kind: str

    def command(self, command: list[str], *, uid: int, gid: int) -> list[str]:
        """Return the command line that joins the group, becomes the user (0: stays) and goes on."""
        processes = str(self.folder / "cgroup.procs") if self.folder else ""
        return [sys.executable, "-c", _JOIN, processes, str(uid), str(gid), *command]

    @property
    def kills(self) -> int:
        """How many processes the limit has ended."""
        if self.folder is None:
            return 0
        name = "memory.oom_control" if self.kind == "cgroup v1" else "memory.events"
        lines = (self.folder / name).read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))


@contextmanager
def memory_limit(size: int) -> Iterator[MemoryLimit]:
    """Make the group for the time of a test."""
    name = f"hipflask-test-{os.getpid()}-{next(_numbers)}"
    for root, file, kind in (
        (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "cgroup v1"),
        (Path("/sys/fs/cgroup"), "memory.max", "cgroup v2"),
    ):
        folder = root / name
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            (folder / file).write_text(str(size))
        except OSError:
            folder.rmdir()
            continue
        try:
            yield MemoryLimit(folder, kind)
        finally:
            _remove(folder)
        return
    yield MemoryLimit(None, "no cgroup may be made here, so nothing limits; it is measured instead")


def _remove(folder: Path) -> None:
    """Remove the group; its last processes may still be ending."""
    for _ in range(100):
        try:
            return folder.rmdir()
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"processes outlive their server: {folder}/cgroup.procs")
