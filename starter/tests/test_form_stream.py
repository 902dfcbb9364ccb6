"""A form that is read as it comes."""

from __future__ import annotations

import io

import pytest
from app.form_stream import FormStream
from werkzeug.exceptions import BadRequest, UnsupportedMediaType
from werkzeug.test import EnvironBuilder

KIND = "multipart/form-data; boundary=edge"


class Trickle(io.RawIOBase):
    """A stream that gives a byte or two at a time, as a slow connection does."""

    def __init__(self, content: bytes, step: int) -> None:
        self._rest = content
        self._step = step

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        piece, self._rest = self._rest[: self._step], self._rest[self._step :]
        return piece


def body(*parts: tuple[str, bytes]) -> bytes:
    """Return the parts as a browser sends them."""
    lines = [
        b"--edge\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + content
        for head, content in parts
    ]
    return b"\r\n".join([*lines, b"--edge--\r\n"])


TRICKY = b"\r\n--edg\r\n--edgy\r\r\n-" + bytes(range(256)) * 300


@pytest.mark.parametrize("step", [1, 7, 64 * 1024])
def test_parts_come_one_after_the_other(step: int) -> None:
    sent = body(("name=a", "字".encode()), ('name=f; filename="报告.txt"', TRICKY), ("name=b", b"2"))
    found = [
        (part.name, part.filename, b"".join(iter(lambda p=part: p.read(100), b"")))  # type: ignore[misc]
        for part in FormStream(Trickle(sent, step), KIND)  # type: ignore[arg-type]
    ]
    assert found == [("a", None, "字".encode()), ("f", "报告.txt", TRICKY), ("b", None, b"2")]


def test_what_is_not_read_is_passed_over() -> None:
    sent = body(('name=f; filename="large"', TRICKY), ("name=b", b"2"))
    assert [part.name for part in FormStream(io.BytesIO(sent), KIND)] == ["f", "b"]


def test_reads_what_werkzeug_writes() -> None:
    builder = EnvironBuilder(method="POST", data={"a": "1", "f": (io.BytesIO(TRICKY), "f.bin")})
    environ = builder.get_environ()
    parts = FormStream(environ["wsgi.input"], environ["CONTENT_TYPE"])
    assert [(part.name, part.read()) for part in parts] == [("a", b"1"), ("f", TRICKY)]


@pytest.mark.parametrize(
    "sent",
    [b"", b"rubbish", b"--edge\r\n", body(("name=a", b"1"))[:-12], b"--edge\r\nX: 1\r\n\r\n1"],
)
def test_a_body_that_ends_too_early_is_refused(sent: bytes) -> None:
    with pytest.raises(BadRequest):
        for part in FormStream(io.BytesIO(sent), KIND):
            part.read()


def test_a_field_is_not_endless() -> None:
    with pytest.raises(BadRequest):
        for part in FormStream(io.BytesIO(body(("name=a", bytes(20_000)))), KIND):
            part.text()


@pytest.mark.parametrize("kind", ["", "text/plain", "multipart/form-data", "multipart/mixed; boundary=edge"])
def test_only_forms_are_read(kind: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        FormStream(io.BytesIO(), kind)
