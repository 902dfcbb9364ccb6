"""What is uploaded: bytes, or a stream that is read once, in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from hipflask.errors import StorageRefused

from .content_types import HEAD

PIECE: Final = 64 * 1024


class Readable(Protocol):
    """A binary stream: an open file, ``request.stream``, or an upload of a form."""

    def read(self, size: int = -1, /) -> bytes: ...


Source = bytes | bytearray | memoryview | Readable


class Body:
    """The bytes of one upload. Its beginning is looked at before anything is sent.

    ``size`` is their number, None when only the end of the stream will tell. Iterating sends a
    stream, and only once.
    """

    def __init__(self, source: Source, size: int | None = None) -> None:
        self.failure: Exception | None = None
        self.sent = 0
        self._stream: Readable | None = None
        if isinstance(source, bytes | bytearray | memoryview):
            self._start = bytes(source)
            self.size: int | None = len(self._start)
        else:
            self._stream = source
            self.size = _size_of(source) if size is None else size
            self._start = _beginning(source)

    @property
    def head(self) -> bytes:
        """The first bytes, which tell the type."""
        return self._start[:HEAD]

    @property
    def whole(self) -> bytes | None:
        """All of the bytes, where they are at hand and may be sent again."""
        return self._start if self._stream is None else None

    def __iter__(self) -> Iterator[bytes]:
        if self.sent:
            raise RuntimeError("a stream cannot be sent twice")
        try:
            for piece in self._pieces():
                self.sent += len(piece)
                if self.size is not None and self.sent > self.size:
                    raise self._other_size("has more")
                yield piece
            if self.size is not None and self.sent < self.size:
                raise self._other_size(f"ended after {self.sent} bytes")
        except Exception as error:
            # The HTTP client takes what a stream raises for the network's fault.
            self.failure = error
            raise

    def _pieces(self) -> Iterator[bytes]:
        if self._start:
            yield self._start
        while self._stream is not None and (piece := self._stream.read(PIECE)):
            yield piece

    def _other_size(self, what: str) -> StorageRefused:
        return StorageRefused(
            f"The stream was to have {self.size} bytes, but {what}.",
            hint="Leave size out, or give the number of bytes that are left in the stream.",
        )


def _beginning(stream: Readable) -> bytes:
    """Read enough to tell the type; a socket may give less at a time."""
    start = b""
    while len(start) < HEAD:
        piece = stream.read(HEAD - len(start))
        if not isinstance(piece, bytes):
            raise TypeError("the stream gives text; open the file in binary mode")
        if not piece:
            break
        start += piece
    return start


def _size_of(stream: Readable) -> int | None:
    """Return how many bytes are left in a stream that can tell."""
    seekable, tell, seek = (getattr(stream, name, None) for name in ("seekable", "tell", "seek"))
    if seekable is None or tell is None or seek is None or not seekable():
        return None
    here = tell()
    end = seek(0, 2)
    # Some wrappers return nothing from seek.
    size = (tell() if end is None else end) - here
    seek(here)
    return int(size)
