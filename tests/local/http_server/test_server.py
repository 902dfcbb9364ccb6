"""The HTTP server: keep-alive, quick to stop."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

import psutil
import pytest

from hipflask.errors import PortInUse
from hipflask.local.http_server import HttpServer, MadeAtFirstRequest
from hipflask.local.ports import listen


def hello(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or b"hello"
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@pytest.fixture
def server() -> Iterator[HttpServer]:
    server = HttpServer(hello)
    server.start()
    yield server
    server.stop()


def test_keeps_the_connection(server: HttpServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    ports = set()
    for _ in range(3):
        connection.request("POST", "/", body=b"x" * 1000)
        assert len(connection.getresponse().read()) == 1000
        ports.add(connection.sock.getsockname()[1])
    assert len(ports) == 1
    connection.close()


def test_stops_at_once_with_an_idle_connection_open(server: HttpServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/")
    connection.getresponse().read()
    began = time.perf_counter()
    server.stop()
    assert time.perf_counter() - began < 1.0
    connection.close()


def test_serves_many_at_once(server: HttpServer) -> None:
    answers: list[int] = []

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        connection.request("GET", "/")
        answers.append(connection.getresponse().status)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 40


def test_requests_before_the_start_wait() -> None:
    listener = listen(0, "a test")
    connection = http.client.HTTPConnection("127.0.0.1", listener.getsockname()[1], timeout=10)
    connection.request("GET", "/")
    server = HttpServer(hello, listener=listener)
    server.start()
    assert connection.getresponse().read() == b"hello"
    connection.close()
    server.stop()


def test_taken_port_names_its_holder() -> None:
    with listen(0, "a test") as taken, pytest.raises(PortInUse) as caught:
        listen(taken.getsockname()[1], "another test")
    assert "another test" in caught.value.message
    assert "process" in caught.value.held_by


def test_made_at_the_first_request_and_once() -> None:
    made: list[int] = []

    def make() -> Any:
        made.append(1)
        time.sleep(0.05)
        return hello

    server = HttpServer(MadeAtFirstRequest(make))
    server.start()
    assert not made

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.stop()
    assert made == [1]


def refuse(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("409 Conflict", [("Content-Length", "0")])
    return []


@pytest.mark.parametrize(("megabytes", "stays_open"), [(1, True), (200, False)])
def test_body_that_nobody_reads_needs_no_memory(megabytes: int, stays_open: bool) -> None:
    server = HttpServer(refuse)
    server.start()
    process, block = psutil.Process(), bytes(1 << 20)
    before = most = process.memory_info().rss
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.putrequest("PUT", "/")
    connection.putheader("Content-Length", str(megabytes << 20))
    connection.endheaders()
    try:
        for _ in range(megabytes):
            connection.send(block)
            most = max(most, process.memory_info().rss)
        answer = connection.getresponse()
        assert (answer.status, answer.will_close) == (409, not stays_open)
    except OSError:
        assert not stays_open
    connection.close()
    server.stop()
    assert most - before < 32 << 20


def test_rest_of_a_chunked_body_is_no_next_request(server: HttpServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        chunk = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        line.sendall(b"POST /first HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        line.sendall(b"%x\r\n%s\r\n0\r\n\r\n" % (len(chunk), chunk))
        line.sendall(b"GET /second HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answers = b"".join(iter(lambda: line.recv(65536), b""))
    assert answers.count(b"HTTP/1.1 ") == answers.count(b"HTTP/1.1 200") == 2


@pytest.mark.parametrize(
    "lines",
    [
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 5\r\n",
        b"POST / HTTP/1.1\r\nContent-Length : 3\r\n",
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\n",
    ],
)
def test_body_whose_end_is_a_matter_of_opinion(server: HttpServer, lines: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(lines + b"Host: x\r\n\r\nabcde")
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_slow_clients_keep_nobody_waiting(server: HttpServer) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nslow"
    lines = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(30)]
    for line in lines:
        line.sendall(head)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=8)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"hello"
    for line in lines:
        line.sendall(b" body")
        assert line.recv(65536).endswith(b"slow body")
        line.close()
    connection.close()


def test_stops_while_a_client_is_slow(server: HttpServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        line.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nslow")
        time.sleep(0.1)
        began = time.perf_counter()
        server.stop()
        assert time.perf_counter() - began < 3
    with pytest.raises(ConnectionError):
        socket.create_connection(("127.0.0.1", server.port))
