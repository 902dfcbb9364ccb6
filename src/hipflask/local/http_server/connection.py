"""Cheroot's connection with a quicker way to the socket.

Cheroot reads and writes through Python's own model of a buffered file (``_pyio``), copies every
block several times, and hands each request to another thread. Here a block goes to the socket as it
is, and a client that asks again at once is answered by the thread that it already has.
"""

from __future__ import annotations

import select
import socket
from typing import Any, Final

from cheroot.errors import MaxSizeExceeded
from cheroot.server import HTTPConnection

from hipflask.local.http_server.request import Request

_BUFFER: Final = 64 * 1024
#: Seconds that a thread waits for a client's next request before it goes back to the others.
_PATIENCE: Final = 0.01


class Connection(HTTPConnection):
    """One client. Stays with its thread as long as requests follow each other."""

    RequestHandlerClass = Request

    def __init__(self, server: Any, sock: socket.socket, _makefile: Any = None) -> None:
        super().__init__(server, sock, _file_of)

    def communicate(self) -> bool:
        """Answer requests until none comes for a moment; tell whether to keep the connection."""
        while super().communicate():  # type: ignore[no-untyped-call]
            if not self._is_asked_again():
                return True
        return False

    def _is_asked_again(self) -> bool:
        if self.rfile.has_data():
            return True
        threads = self.server.requests
        if threads.qsize or threads.idle < 1:
            return False  # others wait for this thread
        try:
            return bool(select.select([self.socket], [], [], _PATIENCE)[0])
        except ValueError:  # the thousandth file of this process, which select cannot watch
            return False


class SocketReader:
    """What a client sends, as cheroot reads it. Bytes that came early wait in a buffer."""

    bytes_read = 0
    #: Cheroot asks before it shuts down a connection that is still at work when the server stops.
    closed = False

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._buffer = b""
        self._at = 0

    def has_data(self) -> bool:
        """Tell whether bytes wait here, so that the socket need not be asked."""
        return self._at < len(self._buffer)

    def read(self, size: int) -> bytes:
        """Return ``size`` bytes; fewer only when the client has hung up."""
        piece = self._taken(self._at + size)
        if len(piece) == size:
            return piece
        pieces, left = [piece], size - len(piece)
        while left > 0 and (piece := self._socket.recv(left)):
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)

    def read1(self, size: int) -> bytes:
        """Return what has arrived, at most ``size`` bytes; wait only where nothing has."""
        if size <= 0:
            return b""
        return self._taken(self._at + size) or self._socket.recv(size)

    def readline(self, size: int = -1) -> bytes:
        """Return the bytes up to the end of the line, at most ``size`` where that is given."""
        line = b""
        while True:
            end = self._buffer.find(b"\n", self._at) + 1 or len(self._buffer)
            if size >= 0:
                end = min(end, self._at + size - len(line))
            line += self._taken(end)
            if line.endswith(b"\n") or len(line) == size:
                return line
            self._buffer, self._at = self._socket.recv(_BUFFER), 0
            if not self._buffer:
                return line

    def read_head(self, limit: int) -> bytes:
        """Return the lines of headers with the empty one that ends them.

        Raises ValueError where the client hangs up before or ends a line in another way, and
        MaxSizeExceeded for more than ``limit`` bytes.
        """
        while True:
            if self._buffer.startswith(b"\r\n", self._at):
                return self._taken(self._at + 2)
            end = self._buffer.find(b"\r\n\r\n", self._at)
            size = (end if end >= 0 else len(self._buffer)) - self._at
            if size > limit:
                raise MaxSizeExceeded
            if end >= 0:
                return self._taken(end + 4)
            waiting = self._buffer[self._at :]
            if waiting.count(b"\n") != waiting.count(b"\r\n"):
                raise ValueError("HTTP requires CRLF terminators")
            more = self._socket.recv(_BUFFER)
            if not more:
                raise ValueError("Illegal end of headers.")
            self._buffer, self._at = waiting + more, 0

    def _taken(self, end: int) -> bytes:
        piece = self._buffer[self._at : end]
        self._at += len(piece)
        return piece

    def close(self) -> None:
        """Forget what is left. The connection closes the socket."""
        self._buffer = b""
        self.closed = True


class SocketWriter:
    """What a client is sent, as cheroot writes it.

    What is written while ``hold`` is true leaves with what is written next, or at ``flush``.
    """

    bytes_written = 0

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._held = b""
        self.hold = False

    def write(self, data: bytes) -> int:
        """Send all of ``data``. The socket's time limit holds for each step, not for the whole."""
        if self.hold:
            self._held += data
            self.hold = False
            return len(data)
        if self._held:
            if len(data) > _BUFFER:
                self.flush()
            else:
                data, self._held = self._held + data, b""
        sent = self._socket.send(data)
        if sent < len(data):
            view = memoryview(data)[sent:]
            while view:
                view = view[self._socket.send(view) :]
        return len(data)

    def flush(self) -> None:
        """Send what was held."""
        if self._held:
            held, self._held = self._held, b""
            self.write(held)


def _file_of(sock: socket.socket, mode: str, _size: int) -> SocketReader | SocketWriter:
    return SocketReader(sock) if "r" in mode else SocketWriter(sock)
