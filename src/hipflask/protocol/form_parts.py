"""The parts of a ``multipart/form-data`` body, read as it comes (RFC 7578, RFC 2046 section 5.1).

Why not another's (2026): Werkzeug's decoder (3.1.9) adds a byte to a file where a read ends near a
mark (pallets/werkzeug#3285). ``multipart`` (2.0.1) and ``python-multipart`` (0.0.34) take what
follows an empty field for its content when its blank line is the next mark's line break, too, as in
what Flask's test client sends; they refuse blanks behind a mark, which RFC 2046 wants taken; and
both install a module of the same name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Protocol
from urllib.parse import unquote

from hipflask.errors import FieldTooLong, FormBroken

PIECE: Final = 64 * 1024
_LONGEST_HEAD: Final = 16 * 1024
_MOST_PARTS: Final = 500

# What makes a mark of a boundary behind a line break: two hyphens, the last one's, or the end of
# the line. Anything else, and it was content.
_LINE_END: Final = re.compile(rb"--|[ \t]{0,1000}\r\n")
_BEGUN_LINE_END: Final = re.compile(rb"-?|[ \t]{0,1000}\r?")

_DISPOSITION: Final = re.compile(r"form-data[ \t]*(;.*)?", re.I | re.S)
# As browsers write them (HTML, "multipart/form-data encoding algorithm"): a quote is %22. Others
# put a backslash before it, or leave the quotes around the value out.
_PARAMETER: Final = re.compile(r';\s*([^\s=;"]+)\s*=\s*(?:"((?:\\"|[^"])*)"|([^\s;"]*))')


class Source(Protocol):
    """A stream of bytes, which end with empty ones."""

    def read(self, size: int, /) -> bytes: ...


class FormPart:
    """A field or a file of the form; read it before going on to the next."""

    def __init__(self, form: FormParts, headers: dict[str, str]) -> None:
        parameters = _parameters(headers.get("content-disposition", ""))
        #: The field's name; empty where the sender gives none.
        self.name = parameters.get("name", "")
        #: What the sender calls the file; None for a field.
        self.filename = parameters.get("filename")
        #: The type that the sender says, if any.
        self.content_type = headers.get("content-type")
        self._form = form
        self._ended = False

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, at most ``size``; none at the end. Raises FormBroken."""
        if size < 0:
            return b"".join(iter(lambda: self.read(PIECE), b""))
        if self._ended or not size:
            return b""
        piece, self._ended = self._form.content(size)
        return piece

    def text(self, most: int = 16 * 1024) -> str:
        """Return a field's text; raise FieldTooLong for more than ``most`` bytes."""
        value = bytearray()
        while piece := self.read(PIECE):
            value += piece
            if len(value) > most:
                raise FieldTooLong(f"A field of the form is longer than {most} bytes.")
        return value.decode(errors="replace")

    def skip(self) -> None:
        """Read what is left and throw it away."""
        while self.read(PIECE):
            pass


class FormParts:
    """The parts one after the other, with memory for a piece of one. Raises FormBroken."""

    def __init__(self, source: Source, boundary: bytes, most: int = _MOST_PARTS) -> None:
        self._source = source
        self._most = most
        self._mark = b"\r\n--" + boundary
        self._was_last = False
        self._buffer = bytearray(b"\r\n")  # so that the first mark looks like the others

    def __iter__(self) -> Iterator[FormPart]:
        while not self.content(PIECE)[1]:
            pass  # what stands before the first part means nothing
        for _ in range(self._most):
            if self._was_last:
                return
            part = FormPart(self, self._headers())
            yield part
            part.skip()
        if not self._was_last:
            raise FormBroken(f"The form has more than {self._most} parts.")

    def content(self, size: int) -> tuple[bytes, bool]:
        """Return bytes up to the next mark, at most ``size``, and whether it has been reached."""
        while True:
            end, behind = self._look(size)
            if behind:
                piece = bytes(self._buffer[:end])
                self._was_last = self._buffer.endswith(b"--", 0, behind)
                # The line break stays: the head may be empty, and ends with a blank line.
                del self._buffer[: behind if self._was_last else behind - 2]
                return piece, True
            if end:
                piece = bytes(self._buffer[: min(size, end)])
                del self._buffer[: len(piece)]
                return piece, False
            self._fill(size)

    def _look(self, size: int) -> tuple[int, int]:
        """Return how much of the buffer is content, and where the mark's line behind it ends.

        The latter is 0 where no mark is, or one whose line is still to come. Nothing is looked at
        of what lies further away than ``size``.
        """
        behind = 0
        while (at := self._buffer.find(self._mark, behind, size + len(self._mark))) >= 0:
            behind = at + len(self._mark)
            if line := _LINE_END.match(self._buffer, behind):
                return at, line.end()
            if _BEGUN_LINE_END.fullmatch(self._buffer, behind):
                return at, 0
        return max(len(self._buffer) - len(self._mark) + 1, 0), 0

    def _headers(self) -> dict[str, str]:
        while (end := self._buffer.find(b"\r\n\r\n", 0, _LONGEST_HEAD)) < 0:
            if len(self._buffer) > _LONGEST_HEAD:
                raise FormBroken("The head of a part has no end.")
            self._fill(PIECE)
        lines = self._buffer[:end].decode(errors="replace").split("\r\n")
        del self._buffer[: end + 2]
        # Some let the blank line be the next mark's line break, too, when a part is empty.
        while (found := self._look(0)) == (0, 0):
            self._fill(PIECE)
        if not found[1]:
            del self._buffer[:2]
        named = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in named}
        if not _DISPOSITION.fullmatch(headers.get("content-disposition", "")):
            raise FormBroken("A part of the form does not say what it is.")
        return headers

    def _fill(self, size: int) -> None:
        piece = self._source.read(max(size, PIECE))
        if not piece:
            raise FormBroken("The form was cut off, or never was one.")
        self._buffer += piece


def _parameters(disposition: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, quoted, plain in _PARAMETER.findall(disposition):
        found.setdefault(name.lower(), _unquoted(quoted or plain))
    # RFC 7578 forbids it (section 4.2), some send it.
    if "filename" not in found and "filename*" in found:
        found["filename"] = unquote(found["filename*"].rpartition("'")[2])
    return found


def _unquoted(text: str) -> str:
    return text.replace('\\"', '"').replace("%22", '"').replace("%0D", "").replace("%0A", "")
