"""The fake's server: an HTTP proxy that never passes anything on.

Requests with a made-up host in their first line go to the APIs. CONNECT to a host of run.app or
pkg.dev is answered with the fake's own certificate; CONNECT to anywhere else is refused.
A connection is never dropped: gcloud would try for half a minute.
"""

from __future__ import annotations

import socket
import ssl
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import urlsplit

from tests.google.web import WebAnswer, WebRequest


class Backend(Protocol):
    """What the server asks; `FakeGoogle` is one."""

    def answer_api(
        self, method: str, url: str, headers: Any, content: bytes
    ) -> tuple[int, str, bytes]: ...

    def answer_web(self, request: WebRequest) -> WebAnswer: ...

    def tunnel(self, host: str) -> ssl.SSLContext | None: ...


class Server(ThreadingHTTPServer):
    """Threads are daemons: a client that keeps its connection open must not hold up the end."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        super().__init__(("127.0.0.1", 0), _ProxyHandler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server
    disable_nagle_algorithm = True

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Write no log."""

    def read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class _ProxyHandler(_Handler):
    """The plain side: API requests, and tunnels."""

    def handle_api(self) -> None:
        body = self.read_body()
        address = urlsplit(self.path)
        if address.scheme == "http" and address.netloc.endswith(".run.app"):
            self.send_response(302)  # Cloud Run sends plain HTTP to HTTPS
            self.send_header("Location", self.path.replace("http:", "https:", 1))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        answer = self.server.backend.answer_api(self.command, self.path, self.headers, body)
        self.send(*answer)

    def do_CONNECT(self) -> None:
        host = self.path.rpartition(":")[0]
        context = self.server.backend.tunnel(host)
        if context is None:
            self.close_connection = True
            self.send(403, "text/plain", f"The fake of Google does not lead to {host}.".encode())
            return
        self.send_response_only(200, "Connection established")
        self.end_headers()
        self.wfile.flush()
        self.close_connection = True
        try:
            with context.wrap_socket(self.connection, server_side=True) as secure:
                _TunnelHandler(host, secure, self.client_address, self.server)
        except OSError:
            pass  # the client went away or does not trust us: its own error says so


class _TunnelHandler(_Handler):
    """The inside of a tunnel: requests of a browser."""

    def __init__(self, host: str, connection: socket.socket, client: Any, server: Server) -> None:
        self.host = host
        super().__init__(connection, client, server)

    def handle_web(self) -> None:
        body = self.read_body()
        host = self.headers.get("Host", self.host).partition(":")[0].lower()
        request = WebRequest(
            self.command, host, self.path, self.headers.items(), body, self.client_address[0]
        )
        self._send_answer(self.server.backend.answer_web(request))

    def _send_answer(self, answer: WebAnswer) -> None:
        self.send_response_only(answer.status, answer.reason or None)
        for name, value in answer.headers:
            self.send_header(name, value)
        bodiless = self.command == "HEAD" or answer.status in (204, 304)
        if answer.length is not None:
            self.send_header("Content-Length", str(answer.length))
        elif not bodiless:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in answer.body:
            if bodiless:
                continue
            if answer.length is None:
                piece = f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
            self.wfile.write(piece)
            self.wfile.flush()
        if answer.length is None and not bodiless:
            self.wfile.write(b"0\r\n\r\n")


for _verb in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
    setattr(_ProxyHandler, f"do_{_verb}", _ProxyHandler.handle_api)
    setattr(_TunnelHandler, f"do_{_verb}", _TunnelHandler.handle_web)
