"""What a client sends behind the head, read as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from cheroot.server import KnownLengthRFile

if TYPE_CHECKING:
    from hipflask.local.http_server.connection import SocketReader

_LONGEST_LINE: Final = 4096
_MOST_TRAILERS: Final = 100
_PIECE: Final = 64 * 1024


class KnownBody(KnownLengthRFile):
    """A body whose length was said before."""

    def read1(self, size: int) -> bytes:
        """Return what has arrived, at most ``size`` bytes; wait only where nothing has."""
        piece: bytes = self.rfile.read1(min(size, self.remaining))
        self.remaining -= len(piece)
        return piece


class ChunkedBody:
    """A body sent in chunks (RFC 9112 section 7.1), read through to its end."""

    def __init__(self, reader: SocketReader) -> None:
        self._reader = reader
        self._left = 0
        self._begun = False
        self.is_finished = False

    def read(self, size: int | None = None) -> bytes:
        """Return ``size`` bytes, or all there are; fewer only at the end. Raises ValueError."""
        blocks: list[bytes] = []
        wanted = size
        while (wanted is None or wanted > 0) and self._find_chunk():
            block = self._counted(self._reader.read(min(self._left, wanted or _PIECE)))
            blocks.append(block)
            wanted = None if wanted is None else wanted - len(block)
        return b"".join(blocks)

    def read1(self, size: int) -> bytes:
        """Return what has arrived of a chunk, at most ``size`` bytes. Raises ValueError."""
        if size <= 0 or not self._find_chunk():
            return b""
        return self._counted(self._reader.read1(min(self._left, size)))

    def readline(self, size: int | None = None) -> bytes:
        """Return a line, as PEP 3333 wants it."""
        line = bytearray()
        while (size is None or len(line) < size) and (byte := self.read(1)):
            line += byte
            if byte == b"\n":
                break
        return bytes(line)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def _counted(self, block: bytes) -> bytes:
        if not block:
            raise ValueError("the client hung up within a chunk")
        self._left -= len(block)
        return block

    def _find_chunk(self) -> bool:
        """Go to the next chunk where one is over; return False at the end of the last."""
        if self._left == 0 and not self.is_finished:
            if self._begun and self._line() != b"":
                raise ValueError("a chunk is longer than it says")
            self._begun = True
            digits = self._line().partition(b";")[0].strip()
            if not digits or digits.strip(b"0123456789abcdefABCDEF"):
                raise ValueError("a chunk without its length")
            self._left = int(digits, 16)
            if self._left == 0:
                self._pass_trailers()
        return not self.is_finished

    def _pass_trailers(self) -> None:
        for _ in range(_MOST_TRAILERS):
            if not self._line():
                self.is_finished = True
                return
        raise ValueError("too many trailers")

    def _line(self) -> bytes:
        line = self._reader.readline(_LONGEST_LINE)
        if not line.endswith(b"\r\n"):
            raise ValueError("a chunked body is cut off")
        return line[:-2]
