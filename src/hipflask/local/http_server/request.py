"""Cheroot's request and its way to a WSGI app, for large bodies.

What cheroot itself does: it holds a whole chunk of a chunked body in memory, however large the
client says that it is, reads all that a refused upload still sends in one piece, and has no
``wsgi.file_wrapper``. Here none of it costs memory, and a file goes from the disk to the socket by
the kernel.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from cheroot.server import HeaderReader, HTTPRequest, KnownLengthRFile
from cheroot.wsgi import Gateway_10

if TYPE_CHECKING:
    from hipflask.local.http_server.connection import SocketReader

#: A file up to here is read and sent with its headers in one piece.
_SMALL_FILE: Final = 64 * 1024
_LENGTH: Final = re.compile(rb"[0-9]{1,18}")
_ONCE: Final = (b"Content-Length", b"Host")
_LONGEST_LINE: Final = 4096
_MOST_TRAILERS: Final = 100
#: A client that is still sending would see a broken pipe instead of the answer.
_MOST_UNREAD: Final = 64 << 20
_PIECE: Final = 64 * 1024


class SentFile:
    """An open file to send from where it stands (PEP 3333, ``wsgi.file_wrapper``).

    The Content-Length says how much of it. Iterating works too, for what stands between.
    """

    def __init__(self, file: BinaryIO, block_size: int = 256 * 1024) -> None:
        self.file = file
        self._block_size = block_size

    def __iter__(self) -> Iterator[bytes]:
        while block := self.file.read(self._block_size):
            yield block

    def close(self) -> None:
        """Close the file."""
        self.file.close()


class Headers(dict[bytes, bytes]):
    """A request's headers. What two readers would read differently is refused (RFC 9112)."""

    def __setitem__(self, name: bytes, value: bytes) -> None:
        if name in _ONCE and self.get(name, value) != value:
            raise ValueError(f"Several {name.decode()} headers.")
        super().__setitem__(name, value)


class Reader(HeaderReader):
    """Cheroot's reader of headers, which takes "Content-Length : 3" for a header."""

    def _transform_key(self, key_name: bytes) -> bytes:
        if key_name != key_name.strip():
            raise ValueError("Illegal header name.")
        return key_name.title()


class Request(HTTPRequest):
    """One request. A body whose end cannot be known is refused (RFC 9112 section 6.3)."""

    header_reader = Reader()

    def __init__(self, *values: Any, **named: Any) -> None:
        super().__init__(*values, **named)
        self.inheaders = Headers()

    def read_request_headers(self) -> bool:
        """Read the head of a request; False when it was refused.

        Cheroot reads a body whose length is negative until the client hangs up.
        """
        if not super().read_request_headers():  # type: ignore[no-untyped-call]
            return False
        if b"Transfer-Encoding" in self.inheaders and not self.chunked_read:  # HTTP/1.0
            self.close_connection = True
            self.simple_response("400 Bad Request", "Transfer-Encoding needs HTTP/1.1.")
            return False
        length = self.inheaders.get(b"Content-Length")
        if length is None:
            return True
        if _LENGTH.fullmatch(length) is None or self.chunked_read:
            self.close_connection = True
            self.simple_response("400 Bad Request", "Malformed Content-Length Header.")
            return False
        return True

    def respond(self) -> None:
        """Let the app answer. Its body's first block leaves together with the headers."""
        if self.chunked_read:
            self.rfile: Any = ChunkedBody(self.conn.rfile)
        else:
            length = int(self.inheaders.get(b"Content-Length", 0))
            self.rfile = KnownBody(self.conn.rfile, length)
        self.server.gateway(self).respond()
        if self.chunked_write:
            self.conn.wfile.write(b"0\r\n\r\n")
        self.conn.wfile.flush()

    def send_headers(self) -> None:
        """Keep the headers back for the body's first block.

        What an app left of the request's body is read before, in small pieces; the connection is
        closed where that is too much.
        """
        if not self._has_read_rest():
            self.close_connection = True
        self.conn.wfile.hold = True
        super().send_headers()

    def _has_read_rest(self) -> bool:
        left = _MOST_UNREAD
        try:
            while left > 0 and (piece := self.rfile.read(_PIECE)):
                left -= len(piece)
        except (OSError, ValueError):  # the client has gone, stalls, or counts wrongly
            return False
        return left > 0 and not getattr(self.rfile, "remaining", 0)


class Gateway(Gateway_10):
    """Calls the WSGI app."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.env["wsgi.file_wrapper"] = SentFile

    def respond(self) -> None:
        """Send what the app answers."""
        answer = self.req.server.wsgi_app(self.env, self.start_response)
        try:
            if isinstance(answer, SentFile) and self.remaining_bytes_out is not None:
                self._send_file(answer.file, self.remaining_bytes_out)
            else:
                for block in filter(None, answer):
                    self.write(block)
        finally:
            self.req.ensure_headers_sent()
            if hasattr(answer, "close"):
                answer.close()

    def _send_file(self, file: BinaryIO, size: int) -> None:
        if size <= _SMALL_FILE:
            block = file.read(size)
            sent = len(block)
            self.write(block)
        else:
            self.req.ensure_headers_sent()
            connection = self.req.conn
            connection.wfile.flush()
            sent = connection.socket.sendfile(file, file.seek(0, os.SEEK_CUR), size)
        if sent < size:
            self.req.close_connection = True  # a file that is too short: the client must see that


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
