"""The client against servers that misbehave; that it works is shown by the other tests."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from hipflask.errors import StorageRefused, StorageUnavailable, TooLarge
from hipflask.kit.storage import Bucket, Transform
from hipflask.kit.storage.transport import Caller, Transport
from hipflask.protocol import api_keys

SECRET = api_keys.new_key(api_keys.SECRET_PREFIX, "abcd", bytes(range(16)))
STORED = b'{"Key": "files/a.txt", "Id": "1"}'

Behave = Callable[[socket.socket, bytes], None]


class Wire:
    """A server made of a socket: it reads a request's head, then does what the test says."""

    def __init__(self) -> None:
        self.behave: Behave = say(200, STORED)
        self.heads: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/storage/v1"
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            data = b""
            while b"\r\n\r\n" not in data and (piece := connection.recv(65536)):
                data += piece
            head, _, rest = data.partition(b"\r\n\r\n")
            self.heads.append(head)
            self.behave(connection, rest)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for connection in self._open:
            connection.close()


def say(status: int, body: bytes, *headers: str, length: int | None = None) -> Behave:
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {size}", "Connection: close", *headers]
    raw = "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def answer(connection: socket.socket, rest: bytes) -> None:
        with contextlib.suppress(OSError):  # the client may have left already
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)

    return answer


def hang_up(connection: socket.socket, rest: bytes) -> None:
    connection.close()


def stay_silent(connection: socket.socket, rest: bytes) -> None:
    pass


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.close()


@pytest.fixture
def bucket(wire: Wire) -> Iterator[Bucket]:
    transport = Transport(wire.url, timeout=0.3)
    yield Bucket(transport, Caller(SECRET, "service_role"), "files")
    transport.close()


def headers(head: bytes) -> dict[str, str]:
    pairs = (line.partition(": ") for line in head.decode().split("\r\n")[1:])
    return {name.lower(): value for name, _, value in pairs}


def test_what_an_upload_says(wire: Wire, bucket: Bucket) -> None:
    stored = bucket.put("a b?.txt", io.BytesIO(b"hello"), cache_seconds=60, upsert=True)
    assert stored.size == 5
    assert wire.heads[0].startswith(b"POST /storage/v1/object/files/a%20b%3F.txt HTTP/1.1\r\n")
    sent = headers(wire.heads[0])
    assert sent["content-length"] == "5"
    assert sent["content-type"] == "text/plain"
    assert sent["cache-control"] == "max-age=60"
    assert sent["x-upsert"] == "true"
    assert sent["apikey"] == SECRET
    assert "authorization" not in sent
    assert "mozilla" not in sent["user-agent"].lower()


def test_a_legacy_key_is_its_own_bearer(wire: Wire) -> None:
    key = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.x"
    transport = Transport(wire.url)
    Bucket(transport, Caller(key, "service_role"), "files").put("a.txt", b"")
    assert headers(wire.heads[0])["authorization"] == f"Bearer {key}"
    transport.close()


def test_a_stream_of_unknown_length_goes_in_chunks(wire: Wire, bucket: Bucket) -> None:
    class Pipe:
        def __init__(self) -> None:
            self.source = io.BytesIO(b"hello")

        def read(self, size: int = -1, /) -> bytes:
            return self.source.read(size)

    bucket.put("a.txt", Pipe())
    sent = headers(wire.heads[0])
    assert sent["transfer-encoding"] == "chunked"
    assert "content-length" not in sent


@pytest.mark.parametrize("upsert", [True, False])
def test_a_stream_is_not_sent_again(wire: Wire, bucket: Bucket, upsert: bool) -> None:
    wire.behave = hang_up
    with pytest.raises(StorageUnavailable, match="does not answer"):
        bucket.put("a.txt", io.BytesIO(b"x" * 100_000), upsert=upsert)
    assert len(wire.heads) == 1


def test_bytes_are_sent_again_only_where_that_changes_nothing(wire: Wire, bucket: Bucket) -> None:
    wire.behave = hang_up
    with pytest.raises(StorageUnavailable):
        bucket.put("a.txt", b"x")
    assert len(wire.heads) == 1
    with pytest.raises(StorageUnavailable):
        bucket.put("a.txt", b"x", upsert=True)
    assert len(wire.heads) == 3


@pytest.mark.parametrize(
    ("call", "times"),
    [
        (lambda bucket: bucket.info("a"), 2),
        (lambda bucket: bucket.open("a"), 2),
        (lambda bucket: bucket.list(), 2),
        (lambda bucket: bucket.sign_download("a", 60), 2),
        (lambda bucket: bucket.sign_upload("a"), 1),
        (lambda bucket: bucket.move("a", "b"), 1),
        (lambda bucket: bucket.copy("a", "b"), 1),
        (lambda bucket: bucket.delete(["a"]), 1),
    ],
)
def test_only_calls_that_may_run_twice_are_repeated(
    wire: Wire, bucket: Bucket, call: Callable[[Bucket], object], times: int
) -> None:
    wire.behave = hang_up
    with pytest.raises(StorageUnavailable):
        call(bucket)
    assert len(wire.heads) == times


def test_a_refusal_before_the_end_of_an_upload_is_read(wire: Wire, bucket: Bucket) -> None:
    said = {"statusCode": "413", "error": "Payload too large", "code": "EntityTooLarge"}
    wire.behave = say(400, json.dumps(said).encode())
    with pytest.raises(TooLarge):
        bucket.put("a.bin", b"x")


def test_an_error_of_the_stream_is_the_callers_own(wire: Wire, bucket: Bucket) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() >= 2048:
                raise OSError("the disk is gone")
            return super().read(size)

    with pytest.raises(OSError, match="the disk is gone"):
        bucket.put("a.bin", Broken(b"x" * 5000))


def test_a_stream_that_ends_early_is_no_object(wire: Wire, bucket: Bucket) -> None:
    with pytest.raises(StorageRefused, match="ended after 5 bytes"):
        bucket.put("a.bin", io.BytesIO(b"hello"), size=9)


def test_silence_has_an_end(wire: Wire, bucket: Bucket) -> None:
    wire.behave = stay_silent
    with pytest.raises(StorageUnavailable) as caught:
        bucket.move("a", "b")
    assert caught.value.reason == "timeout"


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    transport = Transport(f"http://127.0.0.1:{port}/storage/v1")
    with pytest.raises(StorageUnavailable) as caught:
        Bucket(transport, Caller(SECRET, "service_role"), "files").info("a")
    assert caught.value.reason == "unreachable"
    assert "hipflask dev" in caught.value.hint
    transport.close()


def test_a_download_that_breaks_off_is_no_whole_file(wire: Wire, bucket: Bucket) -> None:
    wire.behave = say(200, b"hel", length=5)
    with pytest.raises(StorageUnavailable):
        bucket.get("a")


@pytest.mark.parametrize("length", [None, 1])
def test_more_bytes_than_asked_for(wire: Wire, bucket: Bucket, length: int | None) -> None:
    wire.behave = say(200, b"x" * 101)
    with pytest.raises(TooLarge) as caught:
        bucket.get("a", most=100)
    assert caught.value.limit == 100


def test_bytes_without_a_length_are_counted(wire: Wire, bucket: Bucket) -> None:
    def answer(connection: socket.socket, rest: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 x\r\nConnection: close\r\n\r\n" + b"x" * 101)
        connection.shutdown(socket.SHUT_WR)

    wire.behave = answer
    with pytest.raises(TooLarge):
        bucket.get("a", most=100)
    assert bucket.get("a", most=101) == b"x" * 101


@pytest.mark.parametrize("raw", [b"<html>", b"[]", b"{}", b'{"Id": 5}'])
def test_an_answer_that_is_not_storages(wire: Wire, bucket: Bucket, raw: bytes) -> None:
    wire.behave = say(200, raw)
    with pytest.raises(StorageUnavailable) as caught:
        bucket.put("a", b"")
    assert caught.value.reason == "malformed"


def test_a_signed_address_of_a_smaller_picture(wire: Wire, bucket: Bucket) -> None:
    wire.behave = say(200, b'{"signedURL": "/render/image/sign/files/a b?token=c.png?token=e.y.j"}')
    address = bucket.sign_download(
        "a b?token=c.png", 60, transform=Transform(height=10), download_as="x y"
    )
    path = "/render/image/sign/files/a%20b%3Ftoken%3Dc.png"
    assert address == f"{wire.url}{path}?token=e.y.j&download=x%20y"


def test_a_redirect_is_not_followed(wire: Wire, bucket: Bucket) -> None:
    wire.behave = say(302, b"", "Location: http://127.0.0.1:9/")
    with pytest.raises(StorageUnavailable):
        bucket.info("a")


def test_nothing_secret_is_shown(bucket: Bucket) -> None:
    caller = Caller(SECRET, "service_role", lambda: "eyJ.token.x")
    assert SECRET not in repr(caller)
    assert SECRET not in repr(vars(bucket))
    assert repr(bucket) == "<Bucket 'files' as service_role>"


def test_a_list_is_not_one_name(bucket: Bucket) -> None:
    with pytest.raises(TypeError, match="a list of names"):
        bucket.delete("a.txt")
