"""Clients that hang up, lie about lengths or send no HTTP: nothing is kept, and all goes on."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from hipflask.testing import SupabaseBackend
from tests.local.storage.client import BOUNDARY, Storage, files_on_disk, form, part, sql


@contextmanager
def connected(backend: SupabaseBackend) -> Iterator[socket.socket]:
    address = urlsplit(backend.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        yield connection


def head(storage: Storage, method: str, path: str, *lines: str) -> bytes:
    every = (
        f"{method} /storage/v1{path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {storage.token}",
        *lines,
    )
    return "\r\n".join(every).encode() + b"\r\n\r\n"


def all_of(connection: socket.socket) -> bytes:
    """Read until the server hangs up."""
    got = b""
    while chunk := connection.recv(1 << 20):
        got += chunk
    return got


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def wait_until_nothing_is_kept(backend: SupabaseBackend) -> None:
    deadline = time.monotonic() + 5
    while files_on_disk(backend) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert files_on_disk(backend) == []
    assert sql(backend, "select count(*) from storage.objects") == [(0,)]


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("sent", [0, 10, 400_000])
def test_upload_that_breaks_off(
    backend: SupabaseBackend, storage: Storage, method: str, sent: int
) -> None:
    with connected(backend) as connection:
        connection.sendall(head(storage, method, "/object/b1/a", "Content-Length: 1000000"))
        connection.sendall(b"x" * sent)
    wait_until_nothing_is_kept(backend)
    assert storage.upload("b1/a").status == 200


def test_half_closed_upload_is_told_so(backend: SupabaseBackend, storage: Storage) -> None:
    with connected(backend) as connection:
        connection.sendall(head(storage, "POST", "/object/b1/a", "Content-Length: 1000") + b"x")
        connection.shutdown(socket.SHUT_WR)
        assert status_of(connection.recv(65536)) == 400
    wait_until_nothing_is_kept(backend)


@pytest.mark.parametrize("body", [b"5\r\nhello\r\n", b"5\r\nhel", b"", b"ffffff\r\nx"])
def test_chunks_that_break_off(backend: SupabaseBackend, storage: Storage, body: bytes) -> None:
    with connected(backend) as connection:
        connection.sendall(head(storage, "POST", "/object/b1/a", "Transfer-Encoding: chunked"))
        connection.sendall(body)
    wait_until_nothing_is_kept(backend)
    assert storage.upload("b1/a").status == 200


@pytest.mark.parametrize("body", [b"zz\r\nhello\r\n0\r\n\r\n", b"5\r\nhelloo\r\n0\r\n\r\n"])
def test_chunks_that_are_none(backend: SupabaseBackend, storage: Storage, body: bytes) -> None:
    with connected(backend) as connection:
        connection.sendall(head(storage, "POST", "/object/b1/a", "Transfer-Encoding: chunked"))
        connection.sendall(body)
        connection.shutdown(socket.SHUT_WR)
        assert status_of(connection.recv(65536)) in (0, 400)
    wait_until_nothing_is_kept(backend)


def test_form_that_breaks_off(backend: SupabaseBackend, storage: Storage) -> None:
    body = form(part(b"x" * 500_000, "", filename="a"))
    kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
    with connected(backend) as connection:
        start = head(storage, "POST", "/object/b1/a", kind, f"Content-Length: {len(body)}")
        connection.sendall(start + body[:400_000])
    wait_until_nothing_is_kept(backend)


def test_old_object_outlives_a_broken_update(backend: SupabaseBackend, storage: Storage) -> None:
    storage.keep("b1/a")
    with connected(backend) as connection:
        connection.sendall(head(storage, "PUT", "/object/b1/a", "Content-Length: 1000000"))
        connection.sendall(b"x" * 300_000)
    time.sleep(0.1)
    assert storage.read("b1/a") == b"hello"
    assert len(files_on_disk(backend)) == 1


def test_download_that_breaks_off(backend: SupabaseBackend, storage: Storage) -> None:
    storage.keep("b1/large", content=b"x" * 8_000_000)
    for _ in range(10):
        with connected(backend) as connection:
            connection.sendall(head(storage, "GET", "/object/b1/large"))
            connection.recv(1000)
    assert len(storage.read("b1/large") or b"") == 8_000_000
    assert storage.delete("/object/b1/large").status == 200
    assert files_on_disk(backend) == []


def test_download_goes_on_while_the_object_is_replaced(
    backend: SupabaseBackend, storage: Storage
) -> None:
    storage.keep("b1/large", content=b"1" * 8_000_000)
    with connected(backend) as connection:
        connection.sendall(head(storage, "GET", "/object/b1/large", "Connection: close"))
        got = connection.recv(1000)
        storage.upload("b1/large", b"2" * 8_000_000, method="PUT")
        got += all_of(connection)
    assert got.partition(b"\r\n\r\n")[2] == b"1" * 8_000_000
    assert storage.read("b1/large") == b"2" * 8_000_000


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "99999999999999999999999", "+5", "5, 5"])
def test_length_that_is_none(backend: SupabaseBackend, storage: Storage, length: str) -> None:
    with connected(backend) as connection:
        connection.sendall(head(storage, "POST", "/object/b1/a", f"Content-Length: {length}"))
        connection.shutdown(socket.SHUT_WR)
        assert status_of(connection.recv(65536)) == 400
    wait_until_nothing_is_kept(backend)


def test_two_ends_of_one_body(backend: SupabaseBackend, storage: Storage) -> None:
    """What is chunked has no length; a proxy could take the other end for the true one."""
    lines = ("Content-Length: 5", "Transfer-Encoding: chunked")
    with connected(backend) as connection:
        connection.sendall(head(storage, "POST", "/object/b1/a", *lines) + b"1\r\nx\r\n0\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        assert status_of(connection.recv(65536)) == 400
    wait_until_nothing_is_kept(backend)


def test_too_large_is_said_before_it_is_sent(backend: SupabaseBackend, service: Storage) -> None:
    service.make_bucket("small", file_size_limit=10)
    with connected(backend) as connection:
        connection.sendall(
            head(service, "POST", "/object/small/a", "Content-Length: 4000000") + b"x" * 4_000_000
        )
        connection.shutdown(socket.SHUT_WR)
        answer = all_of(connection)
    assert status_of(answer) == 400
    assert b"EntityTooLarge" in answer
    wait_until_nothing_is_kept(backend)


def test_refused_body_is_not_the_next_request(backend: SupabaseBackend, storage: Storage) -> None:
    """What is left of a refused upload must not be read as a request of its own."""
    smuggled = head(storage, "DELETE", "/bucket/b1")
    with connected(backend) as connection:
        length = f"Content-Length: {len(smuggled)}"
        connection.sendall(head(storage, "POST", "/object/none/a", length) + smuggled)
        connection.sendall(head(storage, "GET", "/bucket/b1", "Connection: close"))
        got = all_of(connection)
    assert b"NoSuchBucket" in got
    assert b'"id":"b1"' in got
    assert storage.get("/bucket/b1").status == 200


def test_expect_continue(backend: SupabaseBackend, storage: Storage) -> None:
    lines = ("Content-Length: 5", "Expect: 100-continue", "Connection: close")
    with connected(backend) as connection:
        connection.sendall(head(storage, "POST", "/object/b1/a", *lines))
        assert status_of(connection.recv(65536)) == 100
        connection.sendall(b"hello")
        assert status_of(connection.recv(65536)) == 200
    assert storage.read("b1/a") == b"hello"
