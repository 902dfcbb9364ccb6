"""Somebody who visits a server that runs as the container does."""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: str


def get(port: int, path: str) -> Answer:
    """Ask for a page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        return _answer(connection)
    finally:
        connection.close()


def wait_until_healthy(port: int, is_over: Callable[[], bool], patience: float = 60) -> Answer:
    """Ask for /healthz until it is answered."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return get(port, "/healthz")
        except OSError:
            assert not is_over(), "the server ended before it answered"
            assert time.monotonic() < deadline, f"no answer within {patience} s"
            time.sleep(0.05)


def choose_dark_slowly(port: int, seconds: float, halfway: Callable[[], None]) -> Answer:
    """Send the form for the dark theme, the second half of it only after some seconds."""
    with half_a_form(port) as (connection, rest):
        halfway()
        threading.Event().wait(seconds)
        connection.send(rest)
        return _answer(connection)


@contextmanager
def half_a_form(port: int) -> Iterator[tuple[http.client.HTTPConnection, bytes]]:
    """Send the first half of the form for the dark theme; yield the connection and the rest.

    The application waits for the rest in the request: that is work under way.
    """
    page = get(port, "/login")
    cookie = (page.headers["Set-Cookie"] or "").split(";")[0]
    token = re.search(r'name="(csrf_token)" value="([^"]+)"', page.body)
    assert token is not None
    body = urlencode({token[1]: token[2], "theme": "dark", "next": "/login"}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.putrequest("POST", "/preferences")
        for name, value in {
            "Cookie": cookie,
            "Origin": f"http://127.0.0.1:{port}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": str(len(body)),
        }.items():
            connection.putheader(name, value)
        connection.endheaders(body[:10])
        threading.Event().wait(0.5)  # the worker has begun to read
        yield connection, body[10:]
    finally:
        connection.close()


def _answer(connection: http.client.HTTPConnection) -> Answer:
    response = connection.getresponse()
    return Answer(response.status, response.headers, response.read().decode())
