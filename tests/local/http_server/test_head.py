"""The head of a request, read strictly: what two readers would read differently is refused."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from hipflask.local.http_server import HttpServer


def echo(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer with the headers that arrived."""
    seen = {name: text for name, text in environ.items() if name.startswith(("HTTP_", "CONTENT_"))}
    body = json.dumps(seen).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@pytest.fixture(scope="module")
def server() -> Iterator[HttpServer]:
    server = HttpServer(echo)
    server.start()
    yield server
    server.stop()


@contextmanager
def connected(server: HttpServer) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        yield client


def answer(client: socket.socket) -> tuple[int, bytes]:
    """Return status and body of the next answer."""
    raw = b""
    while b"\r\n\r\n" not in raw and (piece := client.recv(65536)):
        raw += piece
    head, _, body = raw.partition(b"\r\n\r\n")
    while piece := (client.recv(65536) if _length(head) > len(body) else b""):
        body += piece
    return int(head.split()[1]), body


def _length(head: bytes) -> int:
    lengths = [line[15:] for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"]
    return int(lengths[0])


def status(server: HttpServer, lines: bytes) -> int:
    with connected(server) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n" + lines)
        return answer(client)[0]


def test_headers_arrive(server: HttpServer) -> None:
    with connected(server) as client:
        lines = (
            b"X-One:  two words \r\ncontent-TYPE: a/b\r\nAccept: a\r\nAccept: b\r\nEmpty:\r\n\r\n"
        )
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n" + lines)
        assert json.loads(answer(client)[1]) == {
            "HTTP_HOST": "a",
            "HTTP_X_ONE": "two words",
            "CONTENT_TYPE": "a/b",
            "HTTP_ACCEPT": "a, b",
            "HTTP_EMPTY": "",
        }


def test_a_head_may_come_byte_by_byte_and_the_next_with_it(server: HttpServer) -> None:
    with connected(server) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = b"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n"
        for byte in head[:-1]:
            client.send(bytes([byte]))
        client.sendall(head[-1:] + head)
        both = b""
        while both.count(b'"HTTP_X": "y"') < 2 and (piece := client.recv(65536)):
            both += piece
        assert both.count(b"HTTP/1.1 200") == 2


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_no_headers(server: HttpServer, version: bytes) -> None:
    with connected(server) as client:
        client.sendall(b"GET / HTTP/" + version + b"\r\n\r\n")
        assert answer(client) == (200, b"{}")


@pytest.mark.parametrize(
    "lines",
    [
        b"no colon\r\n\r\n",
        b": no name\r\n\r\n",
        b"Spaced : x\r\n\r\n",
        b"One: x\r\n goes on\r\n\r\n",
        b"One: x\r\n\tgoes on\r\n\r\n",
        b"One: x\n\r\n",
        b"One: x\n\n",
        b"One: x\ry\r\n\r\n",
        b"One: x\0y\r\n\r\n",
        b"O\0ne: x\r\n\r\n",
        b"O(ne: x\r\n\r\n",
        b"Host: b\r\n\r\n",
        b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ],
)
def test_what_is_no_header_is_refused(server: HttpServer, lines: bytes) -> None:
    assert status(server, lines) == 400


def test_a_head_has_a_size(server: HttpServer) -> None:
    assert status(server, b"X: " + b"y" * 60_000 + b"\r\n\r\n") == 200
    assert status(server, b"X: " + b"y" * 70_000 + b"\r\n\r\n") == 413
    assert status(server, b"X: " + b"y" * 70_000) == 413  # and goes on for ever


def test_a_request_line_has_a_size(server: HttpServer) -> None:
    with connected(server) as client:
        client.sendall(b"GET /" + b"y" * 70_000)
        assert answer(client)[0] == 414
