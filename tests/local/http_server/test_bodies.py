"""Bodies on their way in: in chunks, announced, as they arrive, one request behind the other."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from hipflask.local.http_server import HttpServer
from hipflask.local.http_server.bodies import ChunkedBody, KnownBody
from hipflask.local.http_server.connection import SocketReader

ReaderOf = Callable[[bytes], SocketReader]


@pytest.fixture
def reader_of() -> Iterator[ReaderOf]:
    """What reads bytes that somebody sent and hung up."""
    with ExitStack() as sockets:

        def sent(raw: bytes) -> SocketReader:
            here, there = socket.socketpair()
            sockets.enter_context(here)
            with there:
                there.sendall(raw)
            return SocketReader(here)

        yield sent


@pytest.fixture
def line() -> Iterator[socket.socket]:
    """A connection to a server that sends back what it gets."""
    server = HttpServer(echo)
    server.start()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        yield client
    server.stop()


def echo(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    size = environ.get("CONTENT_LENGTH")
    body = environ["wsgi.input"].read(None if size is None else int(size))
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@pytest.mark.parametrize("size", [None, 4, 6, 100])
def test_chunks_become_one_body(reader_of: ReaderOf, size: int | None) -> None:
    body = ChunkedBody(reader_of(b"3;name=value\r\nabc\r\nA\r\ndefghijklm\r\n0\r\n\r\n"))
    assert body.read(size) == b"abcdefghijklm"[:size]


def test_lines_of_chunks(reader_of: ReaderOf) -> None:
    body = ChunkedBody(reader_of(b"3\r\na\nb\r\n2\r\nc\n\r\n0\r\n\r\n"))
    assert list(body) == [b"a\n", b"bc\n"]


def test_trailers_are_passed_over(reader_of: ReaderOf) -> None:
    reader = reader_of(b"1\r\nx\r\n0\r\nDigest: none\r\n\r\nGET /")
    assert ChunkedBody(reader).read() == b"x"
    assert reader.read(5) == b"GET /"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"5\r\nab", id="cut off within"),
        pytest.param(b"2\r\nab\r\n", id="cut off between"),
        pytest.param(b"2\r\nabc\r\n0\r\n\r\n", id="longer than it says"),
        pytest.param(b"-1\r\n\r\n", id="negative"),
        pytest.param(b"0x2\r\nab\r\n0\r\n\r\n", id="as Python writes it"),
        pytest.param(b"1_0\r\nab\r\n0\r\n\r\n", id="with an underscore"),
        pytest.param(b"2\nab\n0\n\n", id="bare line feeds"),
        pytest.param(b"1" * 9000, id="endless length"),
        pytest.param(b"0\r\n" + b"a: b\r\n" * 200 + b"\r\n", id="endless trailers"),
    ],
)
def test_wrong_chunks(reader_of: ReaderOf, raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"chunk|trailers"):
        ChunkedBody(reader_of(raw)).read()


def test_what_has_arrived(reader_of: ReaderOf) -> None:
    chunks = ChunkedBody(reader_of(b"3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"))
    assert [chunks.read1(100), chunks.read1(2), chunks.read1(9)] == [b"abc", b"de", b"f"]
    assert chunks.read1(9) == b""
    known = KnownBody(reader_of(b"abcdef"), 4)
    assert [known.read1(3), known.read1(3), known.read1(3)] == [b"abc", b"d", b""]


def test_requests_sent_together(line: socket.socket) -> None:
    chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
    known = b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nyz"
    line.sendall(chunked + known + chunked)
    assert [answer(line) for _ in range(3)] == [b"x", b"yz", b"x"]


def answer(line: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += line.recv(1)
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return line.recv(length, socket.MSG_WAITALL)
