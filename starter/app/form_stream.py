"""A ``multipart/form-data`` body read as it comes (RFC 7578), so that no file lies here in between.

``request.form`` and ``request.files`` would read all of it first; on Cloud Run the disk that they
write large files to is memory. Werkzeug's own decoder (``werkzeug.sansio.multipart``, as of 3.1.9)
adds a byte to a file when what was read ends right behind a boundary; so this one is ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from werkzeug.exceptions import BadRequest, UnsupportedMediaType
from werkzeug.http import parse_options_header

PIECE = 64 * 1024
LONGEST_FIELD = 16 * 1024
LONGEST_HEAD = 16 * 1024
MOST_PARTS = 500

# As browsers write them (HTML, "multipart/form-data encoding algorithm"): a quote is %22. Others
# put a backslash before it.
_PARAMETER = r';\s*{}="((?:\\"|[^"])*)"'
_NAME = re.compile(_PARAMETER.format("name"))
_FILENAME = re.compile(_PARAMETER.format("filename"))
_DISPOSITION = re.compile(rb"^content-disposition:[ \t]*form-data(.*)$", re.I | re.M)


class Part:
    """A field or a file of the form; read it before going on to the next."""

    def __init__(self, form: FormStream, name: str, filename: str | None) -> None:
        self.name = name
        self.filename = filename
        self._form = form
        self._ended = False

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, at most ``size``; none at the end."""
        if size < 0:
            return b"".join(iter(lambda: self.read(PIECE), b""))
        if self._ended or not size:
            return b""
        piece, self._ended = self._form.content(size)
        return piece

    def text(self) -> str:
        """Return a field's text; raise BadRequest for one that is longer than any of ours."""
        value = bytearray()
        while piece := self.read(PIECE):
            value += piece
            if len(value) > LONGEST_FIELD:
                raise BadRequest
        return value.decode(errors="replace")

    def skip(self) -> None:
        """Read what is left and throw it away."""
        while self.read(PIECE):
            pass


class FormStream:
    """The parts of a form, one after the other. Raises BadRequest for a body that is no form."""

    def __init__(self, stream: IO[bytes], content_type: str) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get("boundary", "").encode("latin-1", "replace")
        if kind != "multipart/form-data" or not boundary:
            raise UnsupportedMediaType
        self._stream = stream
        self._mark = b"\r\n--" + boundary
        self._buffer = bytearray(b"\r\n")  # so that the first mark looks like the others

    def __iter__(self) -> Iterator[Part]:
        while not self.content(PIECE)[1]:
            pass  # what stands before the first part means nothing (RFC 2046, 5.1.1)
        for _ in range(MOST_PARTS):
            if self._line().startswith(b"--"):
                return
            part = self._part(self._head())
            yield part
            part.skip()
        raise BadRequest

    def content(self, size: int) -> tuple[bytes, bool]:
        """Return bytes of the part, at most ``size``, and whether it has ended with them."""
        while True:
            found = self._buffer.find(self._mark)
            safe = found if found >= 0 else len(self._buffer) - len(self._mark) + 1
            if found >= 0 and found <= size:
                piece = bytes(self._buffer[:found])
                del self._buffer[: found + len(self._mark)]
                return piece, True
            if safe > 0:
                piece = bytes(self._buffer[: min(size, safe)])
                del self._buffer[: len(piece)]
                return piece, False
            self._fill()

    def _line(self) -> bytes:
        """Return the rest of a mark's line: two hyphens at the last one."""
        while b"\r\n" not in self._buffer and not self._buffer.startswith(b"--"):
            self._fill(LONGEST_HEAD)
        if self._buffer.startswith(b"--"):
            return b"--"
        line, _, rest = bytes(self._buffer).partition(b"\r\n")
        if line.strip(b" \t"):
            raise BadRequest
        self._buffer = bytearray(b"\r\n" + rest)  # a head may be empty, and ends with a blank line
        return b""

    def _head(self) -> bytes:
        while b"\r\n\r\n" not in self._buffer:
            self._fill(LONGEST_HEAD)
        end = self._buffer.find(b"\r\n\r\n")
        head = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        # Some programs let the blank line be the next mark's line break, too, when a part is empty.
        while len(self._buffer) < len(self._mark):
            self._fill()
        if not self._buffer.startswith(self._mark):
            del self._buffer[:2]
        return head

    def _part(self, head: bytes) -> Part:
        found = _DISPOSITION.search(head.replace(b"\r", b""))
        about = found[1].decode(errors="replace") if found else ""
        name, filename = _NAME.search(about), _FILENAME.search(about)
        if name is None:
            raise BadRequest
        return Part(self, _unquoted(name[1]), _unquoted(filename[1]) if filename else None)

    def _fill(self, most: int | None = None) -> None:
        if most is not None and len(self._buffer) > most + PIECE:
            raise BadRequest
        piece = self._stream.read(PIECE)
        if not piece:
            raise BadRequest  # cut off in the middle, or never was a form
        self._buffer += piece


def _unquoted(text: str) -> str:
    return text.replace('\\"', '"').replace("%22", '"').replace("%0D", "").replace("%0A", "")
