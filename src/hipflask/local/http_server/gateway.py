"""From a request to a WSGI app, and from its answer to the socket."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from cheroot.wsgi import Gateway_10

from hipflask.local.http_server.head import environ_name

if TYPE_CHECKING:
    pass

#: A file up to here is read and sent with its headers in one piece.
_SMALL_FILE: Final = 64 * 1024


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


class Gateway(Gateway_10):
    """Calls the WSGI app."""

    def get_environ(self) -> dict[str, Any]:  # type: ignore[override]
        """Return the environ. Cheroot's takes apart each header's name anew."""
        request: Any = self.req
        environ = {
            "ACTUAL_SERVER_PROTOCOL": request.server.protocol,
            "PATH_INFO": request.path.decode("latin-1"),
            "QUERY_STRING": request.qs.decode("latin-1"),
            "REMOTE_ADDR": request.conn.remote_addr or "",
            "REMOTE_PORT": str(request.conn.remote_port or ""),
            "REQUEST_METHOD": request.method.decode("latin-1"),
            "REQUEST_URI": request.uri.decode("latin-1"),
            "SCRIPT_NAME": "",
            "SERVER_NAME": request.server.server_name,
            "SERVER_PORT": str(request.server.bind_addr[1]),
            "SERVER_PROTOCOL": request.request_protocol.decode("latin-1"),
            "SERVER_SOFTWARE": request.server.software,
            "wsgi.errors": sys.stderr,
            "wsgi.file_wrapper": SentFile,
            "wsgi.input": request.rfile,
            "wsgi.input_terminated": bool(request.chunked_read),
            "wsgi.multiprocess": False,
            "wsgi.multithread": True,
            "wsgi.run_once": False,
            "wsgi.url_scheme": request.scheme.decode("latin-1"),
            "wsgi.version": self.version,
        }
        for name, value in request.inheaders.items():
            environ[environ_name(name)] = value.decode("latin-1")
        return environ

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
