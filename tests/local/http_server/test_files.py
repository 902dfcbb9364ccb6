"""Files on their way out, by the server's own way (wsgi.file_wrapper)."""

from __future__ import annotations

import http.client
import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hipflask.local.http_server import HttpServer

CONTENT = os.urandom(3_000_000)


class Files:
    """Sends a file from ``start`` on, and says that this is ``said`` bytes long."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.start, self.said = 0, len(CONTENT)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        file = self.path.open("rb", buffering=0)
        file.seek(self.start)
        start_response("200 OK", [("Content-Length", str(self.said))])
        sent: Iterable[bytes] = environ["wsgi.file_wrapper"](file)
        return sent


@pytest.fixture
def files(tmp_path: Path) -> Files:
    path = tmp_path / "content"
    path.write_bytes(CONTENT)
    return Files(path)


@pytest.fixture
def line(files: Files) -> Iterator[http.client.HTTPConnection]:
    server = HttpServer(files)
    server.start()
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as client:
        yield client
    server.stop()


@pytest.mark.parametrize("length", [0, 1, 65_536, 65_537, 1_000_000])
def test_part_of_a_file(files: Files, line: http.client.HTTPConnection, length: int) -> None:
    files.start, files.said = 7, length
    for _ in range(2):  # and the connection is good for the next
        line.request("GET", "/")
        assert line.getresponse().read() == CONTENT[7 : 7 + length]


def test_client_that_reads_late(line: http.client.HTTPConnection) -> None:
    line.request("GET", "/")
    answer = line.getresponse()
    assert answer.read(10) == CONTENT[:10]
    assert answer.read() == CONTENT[10:]


@pytest.mark.parametrize("there", [0, 10, len(CONTENT)])
def test_file_that_is_too_short_ends_the_connection(
    files: Files, line: http.client.HTTPConnection, there: int
) -> None:
    files.start, files.said = len(CONTENT) - there, there + 1
    line.request("GET", "/")
    with pytest.raises(http.client.IncompleteRead):
        line.getresponse().read()
