"""Runs programs: gcloud, docker, buildah, git. The one place of this room that starts a process."""

from __future__ import annotations

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
        Raises FileNotFoundError where there is no such program.
        """


class RealPrograms:
    """Runs them on this machine.

    A program does not get the terminal's Ctrl-C, which would end it halfway through a change: who
    calls decides. An exception that comes while one runs (KeyboardInterrupt) ends the program.
    """

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
            try:
                process.stdin.write(stdin.encode())
                process.stdin.close()
            except OSError:  # it ended, or closed its input, without reading
                pass
            # In steps: on Windows a plain wait would not notice Ctrl-C.
            while process.poll() is None:
                try:
                    process.wait(0.2)
                except subprocess.TimeoutExpired:
                    continue
        except BaseException:
            _end(process)
            raise
        finally:
            out.join()
            err.join()
            process.stdout.close()
            process.stderr.close()
        return Completed(process.returncode, out.text, err.text)


class _Collected:
    """Reads a stream to its end in a thread, so that neither pipe fills up."""

    def __init__(self, stream: IO[bytes], on_line: Callable[[str], None] | None) -> None:
        self._lines: list[str] = []
        self._stream = stream
        self._on_line = on_line
        self._thread = threading.Thread(target=self._read, name="output", daemon=True)
        self._thread.start()

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self._lines)

    def join(self) -> None:
        """Wait for the end; a grandchild that keeps the pipe open is not waited for long."""
        self._thread.join(5)

    def _read(self) -> None:
        for raw in self._stream:
            line = raw.decode("utf-8", "replace").replace("\r\n", "\n")
            self._lines.append(line)
            if self._on_line is not None:
                self._on_line(line.rstrip("\n"))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program and, where the system can, what it started; wait for it."""
    if sys.platform == "win32":
        process.terminate()
    else:
        try:
            os.killpg(process.pid, signal.SIGTERM)
        except ProcessLookupError:
            return
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
