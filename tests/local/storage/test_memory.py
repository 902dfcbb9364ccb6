"""A large object passes through in blocks: the process that serves it hardly grows."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from tests.local.storage.running_stack import RunningStack, running_stack, write_project

MEBIBYTE = 1 << 20
BLOCK = os.urandom(MEBIBYTE)
#: As much again as may be needed would show; 1 GiB takes no other way.
BLOCKS = 300
MOST = 64 * MEBIBYTE
FORM_HEAD = (
    b'--limit\r\nContent-Disposition: form-data; name="cacheControl"\r\n\r\n3600\r\n'
    b'--limit\r\nContent-Disposition: form-data; name=""; filename="large"\r\n\r\n'
)
FORM_END = b"\r\n--limit--\r\n"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    folder = tmp_path_factory.mktemp("memory")
    limit = '[storage]\nfile_size_limit = "2GiB"\n'
    buckets = '[storage.buckets.large]\n[storage.buckets.small]\nfile_size_limit = "1MiB"\n'
    write_project(folder, settings=limit + buckets)
    with running_stack(folder) as running:
        upload(running, "large/first", [BLOCK])
        download(running, "large/first")
        yield running


def test_whole_bodies(stack: RunningStack) -> None:
    with few_bytes_more(stack):
        upload(stack, "large/body", large_body())
    with few_bytes_more(stack):
        assert download(stack, "large/body") == (BLOCKS * MEBIBYTE, md5())


def test_form(stack: RunningStack) -> None:
    length = len(FORM_HEAD) + BLOCKS * MEBIBYTE + len(FORM_END)
    form = {"Content-Type": "multipart/form-data; boundary=limit", "Content-Length": str(length)}
    with few_bytes_more(stack):
        upload(stack, "large/form", [FORM_HEAD, *large_body(), FORM_END], form)
    assert download(stack, "large/form") == (BLOCKS * MEBIBYTE, md5())


def test_body_in_a_single_chunk(stack: RunningStack) -> None:
    chunked = {"Transfer-Encoding": "chunked"}
    size = b"%x\r\n" % (BLOCKS * MEBIBYTE)
    with few_bytes_more(stack):
        upload(stack, "large/chunk", [size, *large_body(), b"\r\n0\r\n\r\n"], chunked)
    assert download(stack, "large/chunk") == (BLOCKS * MEBIBYTE, md5())


def test_refused_body(stack: RunningStack) -> None:
    with few_bytes_more(stack), contextlib.suppress(ConnectionError):
        upload(stack, "small/body", large_body(), status=400)


def large_body() -> Iterator[bytes]:
    return (BLOCK for _ in range(BLOCKS))


def md5() -> str:
    digest = hashlib.md5(usedforsecurity=False)
    for block in large_body():
        digest.update(block)
    return digest.hexdigest()


def upload(
    stack: RunningStack,
    path: str,
    blocks: Iterator[bytes] | list[bytes],
    headers: dict[str, str] | None = None,
    *,
    status: int = 200,
) -> None:
    """Send a body block by block; without ``headers`` as many bytes as a large one has."""
    with contextlib.closing(connected(stack)) as connection:
        connection.putrequest("POST", f"/storage/v1/object/{path}")
        length = sum(map(len, blocks)) if isinstance(blocks, list) else BLOCKS * MEBIBYTE
        for pair in {**stack.headers, **(headers or {"Content-Length": str(length)})}.items():
            connection.putheader(*pair)
        connection.endheaders()
        for block in blocks:
            connection.send(block)
        answer = connection.getresponse()
        assert answer.status == status, answer.read()


def download(stack: RunningStack, path: str) -> tuple[int, str]:
    """Return the length of an object and its MD5."""
    with contextlib.closing(connected(stack)) as connection:
        connection.request("GET", f"/storage/v1/object/{path}", headers=stack.headers)
        answer = connection.getresponse()
        size, digest = 0, hashlib.md5(usedforsecurity=False)
        while block := answer.read(MEBIBYTE):
            size += len(block)
            digest.update(block)
        return size, digest.hexdigest()


def connected(stack: RunningStack) -> HTTPConnection:
    address = urlsplit(stack.url)
    assert address.hostname is not None
    return HTTPConnection(address.hostname, address.port, timeout=60)


@contextmanager
def few_bytes_more(stack: RunningStack) -> Iterator[None]:
    """Watch the process while something goes on."""
    before = most = stack.process.memory_info().rss
    done = threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.wait(0.002):
            most = max(most, stack.process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
    assert most - before < MOST, f"{(most - before) / MEBIBYTE:.0f} MiB more"
