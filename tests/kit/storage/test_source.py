"""What is uploaded: measured where it can be, looked at first, and read once."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import pytest
from werkzeug.datastructures import FileStorage

from hipflask.errors import StorageRefused
from hipflask.kit.storage.content_types import HEAD
from hipflask.kit.storage.source import Body, Source


class Pipe(io.RawIOBase):
    """A stream that gives a few bytes at a time and cannot tell how many are left."""

    def __init__(self, data: bytes) -> None:
        self.left = data

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        piece, self.left = self.left[: min(size, 7)], self.left[min(size, 7) :]
        return piece


@pytest.mark.parametrize("source", [b"hello", bytearray(b"hello"), memoryview(b"hello")])
def test_bytes_are_at_hand(source: Source) -> None:
    body = Body(source)
    assert (body.size, body.head, body.whole) == (5, b"hello", b"hello")


def test_a_file_is_measured_from_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0123456789" * 1000)
    with (tmp_path / "a").open("rb") as file:
        file.seek(4)
        body = Body(file)
        assert body.size == 9996
        assert body.head.startswith(b"456789")
        assert b"".join(body) == (b"0123456789" * 1000)[4:]
    assert body.sent == 9996


def test_an_upload_of_a_form_is_measured() -> None:
    with tempfile.SpooledTemporaryFile() as spooled:
        spooled.write(b"hello")
        spooled.seek(0)
        body = Body(FileStorage(spooled, "a.txt"))
        assert body.size == 5
        assert b"".join(body) == b"hello"


def test_a_pipe_is_read_on_for_its_beginning() -> None:
    body = Body(Pipe(b"x" * 5000))
    assert body.size is None
    assert len(body.head) == HEAD
    assert len(b"".join(body)) == 5000


@pytest.mark.parametrize(("size", "word"), [(4999, "has more"), (5001, "ended after 5000")])
def test_a_wrong_size_stops_the_upload(size: int, word: str) -> None:
    body = Body(Pipe(b"x" * 5000), size)
    with pytest.raises(StorageRefused, match=word) as caught:
        b"".join(body)
    assert body.failure is caught.value


def test_a_stream_is_never_sent_again() -> None:
    body = Body(io.BytesIO(b"x" * 100))
    next(iter(body))
    with pytest.raises(RuntimeError, match="twice"):
        next(iter(body))


def test_text_is_no_stream_of_bytes() -> None:
    with pytest.raises(TypeError, match="binary mode"):
        Body(io.StringIO("hello"))  # type: ignore[arg-type]
