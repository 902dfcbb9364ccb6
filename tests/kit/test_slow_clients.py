"""Slow clients against the real gunicorn with the starter's own settings, in short time limits."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kit.web.conftest import ENVIRON

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="gunicorn needs fork")

CONFIGURATION = Path(__file__).parents[2] / "starter/gunicorn.conf.py"

APP = """
from flask import Flask, Response, request
from hipflask import HipFlask, csrf_exempt

def create_app():
    app = Flask("slow")
    HipFlask().init_app(app)
    app.post("/echo", endpoint="echo")(csrf_exempt(lambda: str(len(request.get_data()))))
    app.post("/unread", endpoint="unread")(csrf_exempt(lambda: "as you like"))
    app.get("/big", endpoint="big")(lambda: Response(b"x" * 65536 for _ in range(1000)))
    return app
"""
LIMITS = """
from hipflask.kit import slow_clients
slow_clients.HEAD_SECONDS = slow_clients.BODY_SECONDS = 0.5
slow_clients.ANSWER_SECONDS = 0.5
"""


@dataclass
class Gunicorn:
    """A running server with two threads."""

    port: int
    process: subprocess.Popen[str]

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def ask(self, request: bytes) -> bytes:
        """Send all of a request and return all of the answer."""
        with self.connect() as client:
            client.sendall(request)
            return answer(client)

    def log(self) -> str:
        """End it and return what it wrote."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=15)[0]


def answer(client: socket.socket) -> bytes:
    """Read until the server hangs up."""
    whole = b""
    try:
        while piece := client.recv(65536):
            whole += piece
    except ConnectionResetError:
        pass
    return whole


def post(path: str, length: str, *more: str) -> bytes:
    head = [f"POST {path} HTTP/1.1", "Host: localhost", "Connection: close", length, *more]
    return "\r\n".join([*head, "", ""]).encode()


HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gunicorn")
    (folder / "slow.py").write_text(APP)
    (folder / "gunicorn.conf.py").write_text(CONFIGURATION.read_text() + LIMITS)
    return folder


@pytest.fixture
def gunicorn(folder: Path) -> Iterator[Gunicorn]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "slow:create_app()"],
        cwd=folder,
        env={**os.environ, **ENVIRON, "PORT": str(port), "GUNICORN_THREADS": "2"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    server = Gunicorn(port, process)
    for _ in range(200):
        try:
            if b"200 OK" in server.ask(HEALTH):
                break
        except ConnectionRefusedError:
            time.sleep(0.05)
    yield server
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def trickle(client: socket.socket, text: bytes, every: float) -> None:
    """Send byte after byte until the server has had enough."""
    try:
        for byte in text:
            client.sendall(bytes([byte]))
            time.sleep(every)
    except (BrokenPipeError, ConnectionResetError):
        pass


def test_a_head_that_never_ends_is_hung_up_on(gunicorn: Gunicorn) -> None:
    started = time.monotonic()
    with gunicorn.connect() as first, gunicorn.connect() as second:
        for client in (first, second):
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ")
        trickle(first, b"a" * 100, every=0.1)
        assert answer(first) == answer(second) == b""
    assert time.monotonic() - started < 5
    assert b"200 OK" in gunicorn.ask(HEALTH)
    assert "Traceback" not in gunicorn.log()


def test_a_body_that_never_ends_is_a_408(gunicorn: Gunicorn) -> None:
    with gunicorn.connect() as client:
        client.sendall(post("/echo", "Content-Length: 1000"))
        trickle(client, b"a" * 20, every=0.1)
        said = answer(client)
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"Connection: close" in said
    assert b"Traceback" not in gunicorn.log().encode()


def test_a_slow_but_honest_upload_takes_its_time(gunicorn: Gunicorn) -> None:
    with gunicorn.connect() as client:
        client.sendall(post("/echo", "Content-Length: 1500"))
        for _ in range(15):
            time.sleep(0.1)  # in all three times as long as a start may take
            client.sendall(b"a" * 100)
        assert answer(client).endswith(b"1500")


def test_a_body_that_nobody_reads_holds_nobody_up(gunicorn: Gunicorn) -> None:
    with gunicorn.connect() as client:
        client.sendall(
            post("/unread", "Content-Length: 1000").replace(b"Connection: close\r\n", b"")
        )
        assert b"as you like" in answer(client)


def test_an_answer_that_is_not_taken_frees_the_thread(gunicorn: Gunicorn) -> None:
    with gunicorn.connect() as first, gunicorn.connect() as second:
        for client in (first, second):
            client.sendall(b"GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n")
        started = time.monotonic()
        assert b"200 OK" in gunicorn.ask(HEALTH)
        assert time.monotonic() - started < 5
    log = gunicorn.log()
    assert "took its answer too slowly" in log
    assert "Traceback" not in log


@pytest.mark.parametrize(
    "body", [b"zz\r\nabc\r\n", b"5\r\nabc", b"-1\r\n\r\n", b"3\r\nabcXX0\r\n\r\n"]
)
def test_a_broken_body_in_pieces_is_a_400(gunicorn: Gunicorn, body: bytes) -> None:
    with gunicorn.connect() as client:
        client.sendall(post("/echo", "Transfer-Encoding: chunked") + body)
        client.shutdown(socket.SHUT_WR)
        assert answer(client).startswith(b"HTTP/1.1 400 ")
    assert "Traceback" not in gunicorn.log()


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 9000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-A: a\r\n" * 80 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        post("/", "Content-Length: 1", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX A: a\r\n\r\n",
        b"GET / HTTP/1.1\nHost: localhost\n\n",
    ],
    ids=["line", "header", "headers", "lengths", "smuggling", "name", "line-feeds"],
)
def test_a_head_that_breaks_the_rules_reaches_nobody(gunicorn: Gunicorn, head: bytes) -> None:
    status = gunicorn.ask(head).split(b" ", 2)[1:2]
    assert status
    assert 400 <= int(status[0]) < 500
    assert '"route"' not in gunicorn.log()


def test_a_connection_serves_several_requests(gunicorn: Gunicorn) -> None:
    with gunicorn.connect() as client:
        for _ in range(3):
            client.sendall(
                post("/echo", "Content-Length: 3").replace(b"close", b"keep-alive") + b"abc"
            )
            said = b""
            while not said.endswith(b"3"):
                said += client.recv(65536)
            assert said.startswith(b"HTTP/1.1 200 OK")
            time.sleep(0.2)
