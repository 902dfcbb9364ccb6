"""Cheroot's request and its way to a WSGI app, for large bodies.

What cheroot itself does: it holds a whole chunk of a chunked body in memory, however large the
client says that it is, reads all that a refused upload still sends in one piece, and has no
``wsgi.file_wrapper``. Here none of it costs memory, and a file goes from the disk to the socket by
the kernel.
"""

from __future__ import annotations

import functools
import re
import time
from email.utils import formatdate
from typing import Any, Final

from cheroot.server import HTTPRequest

from hipflask.local.http_server.bodies import ChunkedBody, KnownBody
from hipflask.local.http_server.head import Headers, read_headers

_LENGTH: Final = re.compile(rb"[0-9]{1,18}")
#: Answers that never have a body (RFC 9110 section 6.4.1).
_WITHOUT_BODY: Final = frozenset({b"204", b"205", b"304"})
#: A client that is still sending would see a broken pipe instead of the answer.
_MOST_UNREAD: Final = 64 << 20
_PIECE: Final = 64 * 1024


class Request(HTTPRequest):
    """One request. A body whose end cannot be known is refused (RFC 9112 section 6.3)."""

    header_reader = staticmethod(read_headers)

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
        self._finish_headers()
        lines = [self.server.protocol.encode() + b" " + self.status]
        lines += [name + b": " + value for name, value in self.outheaders]
        self.conn.wfile.hold = True
        self.conn.wfile.write(b"\r\n".join(lines) + b"\r\n\r\n")

    def _finish_headers(self) -> None:
        """Add what belongs to the connection, in the place of cheroot's send_headers."""
        given = {name.lower() for name, _ in self.outheaders}
        status: Any = self.status[:3]
        if status == b"413":
            self.close_connection = True
        elif b"content-length" not in given and status not in _WITHOUT_BODY:
            if self.response_protocol == "HTTP/1.1" and self.method != b"HEAD":
                self.chunked_write = True
                self.outheaders.append((b"Transfer-Encoding", b"chunked"))
            else:  # only the end of the connection tells where the body ends
                self.close_connection = True
        if not self.server.can_add_keepalive_connection:
            self.close_connection = True
        if self.close_connection:
            self.outheaders.append((b"Connection", b"close"))
        elif self.response_protocol != "HTTP/1.1":
            kept = f"timeout={self.server.timeout}".encode()
            self.outheaders += [(b"Connection", b"Keep-Alive"), (b"Keep-Alive", kept)]
        if b"date" not in given:
            self.outheaders.append((b"Date", _http_date(int(time.time()))))
        if b"server" not in given:
            self.outheaders.append((b"Server", self.server.server_name.encode()))

    def _has_read_rest(self) -> bool:
        left = _MOST_UNREAD
        try:
            while left > 0 and (piece := self.rfile.read(_PIECE)):
                left -= len(piece)
        except (OSError, ValueError):  # the client has gone, stalls, or counts wrongly
            return False
        return left > 0 and not getattr(self.rfile, "remaining", 0)


@functools.lru_cache(maxsize=2)
def _http_date(now: int) -> bytes:
    return formatdate(now, usegmt=True).encode()
