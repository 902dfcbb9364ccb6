"""Runs programs: gcloud, docker, buildah, git. The one place of this room that starts a process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

# On Windows: subprocess.CREATE_NEW_PROCESS_GROUP, which other systems do not name.
_OWN_GROUP = 0x200 if sys.platform == "win32" else 0


@dataclass(frozen=True, slots=True)
class Completed:
    """What a program left behind."""

    exit_code: int
    stdout: str
    stderr: str


class Programs(Protocol):
    """Something that runs programs."""

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: str = "",
        folder: Path | None = None,
        environ: Mapping[str, str] | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        """Run a program to its end; ``on_line`` hears each line that it tells people.

        That is standard error, and standard output unless the answer is asked for as JSON.
        Raises FileNotFoundError where there is no such program, ProgramsStopped after ``stop``.
        """

    def stop(self) -> None:
        """End what runs in other threads, and start nothing any more."""


class ProgramsStopped(Exception):
    """The program was ended, or not started, because another thread said ``stop``."""


class RealPrograms:
    """Runs them on this machine.

    A program does not get the terminal's Ctrl-C, which would end it halfway through a change: who
    calls decides. An exception that comes while one runs (KeyboardInterrupt) ends the program.
    ``grace`` is how long, in seconds, it may take to end when it is told to, and how long its
    output is waited for afterwards: what it has started and left behind may keep the pipe open.
    """

    def __init__(self, *, grace: float = 5.0) -> None:
        self._grace = grace
        self._stopping = threading.Event()

    def stop(self) -> None:
        """End what runs in other threads, and start nothing any more."""
        self._stopping.set()

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: str = "",
        folder: Path | None = None,
        environ: Mapping[str, str] | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        """Run a program to its end."""
        self._go_on()
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=dict(os.environ if environ is None else environ),
            creationflags=_OWN_GROUP,
            start_new_session=sys.platform != "win32",
        )
        assert process.stdin
        assert process.stdout
        assert process.stderr
        is_answer = "--format=json" in argv
        out = _Collected(process.stdout, None if is_answer else on_line)
        err = _Collected(process.stderr, on_line)
        try:
            _feed(process.stdin, stdin.encode())
            # In steps: on Windows a plain wait would not notice Ctrl-C.
            while process.poll() is None:
                self._go_on()
                try:
                    process.wait(0.2)
                except subprocess.TimeoutExpired:
                    continue
        except BaseException:
            _end(process, self._grace)
            raise
        finally:
            out.join(self._grace)
            err.join(self._grace)
        for error in (out.error, err.error):
            if error is not None:
                raise error
        return Completed(process.returncode, out.text, err.text)

    def _go_on(self) -> None:
        if self._stopping.is_set():
            raise ProgramsStopped


class _Collected:
    """Reads a stream to its end in a thread, so that neither pipe fills up."""

    def __init__(self, stream: IO[bytes], on_line: Callable[[str], None] | None) -> None:
        self.error: Exception | None = None
        self._lines: list[str] = []
        self._stream = stream
        self._on_line = on_line
        self._thread = threading.Thread(target=self._read, name="output", daemon=True)
        self._thread.start()

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self._lines)

    def join(self, grace: float) -> None:
        """Wait for the end. The thread closes the stream: another would have to wait for it."""
        self._thread.join(grace)

    def _read(self) -> None:
        with self._stream:
            for raw in self._stream:
                line = raw.decode("utf-8", "replace")
                self._lines.append(line)
                self._tell(line.rstrip("\r\n"))

    def _tell(self, line: str) -> None:
        if self._on_line is None or self.error is not None:
            return
        try:
            self._on_line(line)
        except Exception as error:  # were nobody to read on, the program would wait for ever
            self.error = error


def _feed(stream: IO[bytes], content: bytes) -> None:
    """Write to a program's standard input and close it; a program need not read all of it."""
    for act in (lambda: stream.write(content), stream.close):
        with contextlib.suppress(OSError):  # it ended, or closed its input
            act()


def _end(process: subprocess.Popen[bytes], grace: float) -> None:
    """End a program and, where the system can, what it started; wait for it."""
    for force in (False, True):
        _signal(process, force=force)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace)
            return


def _signal(process: subprocess.Popen[bytes], *, force: bool) -> None:
    if sys.platform == "win32":  # which has one way only, and no groups that could be ended
        process.kill()
        return
    # A Mac calls a group PermissionError that has ended and is not collected yet.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL if force else signal.SIGTERM)
