"""What people see: steps with their times, tables, errors. Colour only on a terminal."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO

_ADVICE = re.compile(r"(?<![\w./-])hipflask(?= (?:dev|start|stop|status|db|cloud|new)\b)")
_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34"}


class Terminal:
    """Writes results to standard output and everything else to standard error.

    Advice such as "hipflask db up" is written as the user has to type it: whoever came by run.py
    has no `hipflask` on the path (HIPFLASK_COMMAND).
    """

    def __init__(
        self,
        out: TextIO | None = None,
        err: TextIO | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._environ = environ
        self._command = environ.get("HIPFLASK_COMMAND", "hipflask")
        self._lock = threading.Lock()
        self._is_doing = False

    def line(self, text: str = "") -> None:
        """Write a line that is not a result."""
        self._write(self._err, text)

    def result(self, text: str = "") -> None:
        """Write a line of the result."""
        self._write(self._out, text)

    def json(self, answer: object, *, indent: int | None = 2) -> None:
        """Write a result for programs. Advice in it is to be typed as well, and is quoted."""
        command = json.dumps(self._command)[1:-1]
        self._write(self._out, json.dumps(answer, indent=indent), command)

    def doing(self, text: str) -> None:
        """Say what is being done now; on a terminal the next line takes its place."""
        if not self._colours(self._err):
            return
        dots = "…" if self._can("…") else "..."
        with self._lock, _perhaps_nobody_reads():
            self._err.write(f"\r\x1b[2K  {_encodable(text, self._err)} {dots}")
            self._err.flush()
            self._is_doing = True

    def step(
        self, name: str, note: str = "", seconds: float | None = None, *, width: int = 24
    ) -> None:
        """Write a finished step with its time."""
        mark = self.styled("✓" if self._can("✓") else "*", "green", self._err)
        time = f"{seconds:.2f} s" if seconds is not None else ""
        shown = self.styled(f"{time:>7}  {note}".rstrip(), "dim", self._err)
        self._write(self._err, f"  {mark} {name.ljust(max(width, len(name) + 1))}{shown}".rstrip())

    def warning(self, text: str) -> None:
        """Write something that is worth knowing and stops nothing."""
        self._write(self._err, f"{self.styled('Warning:', 'yellow', self._err)} {text}")

    def error(self, message: str, hint: str = "") -> None:
        """Write what failed and why, then what to do."""
        self._write(self._err, f"{self.styled('Error:', 'red', self._err)} {message}")
        for line in hint.splitlines():
            self._write(self._err, f"       {line}")

    def table(self, rows: Sequence[tuple[str, str]]) -> None:
        """Write names and values, aligned."""
        width = max((len(name) for name, _ in rows), default=0)
        for name, value in rows:
            self.result(f"  {self.styled(name.ljust(width), 'dim', self._out)}  {value}")

    def styled(self, text: str, style: str, stream: TextIO | None = None) -> str:
        """Return the text in a style, or as it is where colours do not belong."""
        if not self._colours(stream or self._out):
            return text
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"

    def _colours(self, stream: TextIO) -> bool:
        # no-color.org: any value but the empty one says no.
        if self._environ.get("NO_COLOR") or self._environ.get("TERM") == "dumb":
            return False
        if not stream.isatty():
            return False
        return _windows_understands_colours()

    def _can(self, character: str) -> bool:
        try:
            character.encode(self._err.encoding or "ascii")
        except (UnicodeEncodeError, LookupError):
            return False
        return True

    def _write(self, stream: TextIO, text: str, command: str = "") -> None:
        text = _ADVICE.sub(lambda _: command or self._command, text)
        safe = _encodable(text, stream)
        with self._lock, _perhaps_nobody_reads():
            if self._is_doing:
                self._err.write("\r\x1b[2K")
                self._err.flush()
                self._is_doing = False
            stream.write(safe + "\n")
            stream.flush()


@contextlib.contextmanager
def _perhaps_nobody_reads() -> Iterator[None]:
    """Pass over what a closed pipe, stream or terminal says to a write."""
    try:
        yield
    except ValueError:
        pass
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.EIO):
            raise


def _encodable(text: str, stream: TextIO) -> str:
    """Return what a stream can show of a text: in an old code page better a ? than a crash."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def _windows_understands_colours() -> bool:
    """Switch the console's ANSI sequences on (Windows 10 and newer); others have them on."""
    done = True
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        mode = ctypes.c_uint32()
        for number in (-11, -12):  # standard output, standard error
            handle = kernel.GetStdHandle(number)
            if kernel.GetConsoleMode(handle, ctypes.byref(mode)):
                done = bool(kernel.SetConsoleMode(handle, mode.value | 4)) and done
    return done
