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


def read_all(sent: bytes) -> list[bytes]:
    """Return what each part holds."""
    return [part.read() for part in FormStream(io.BytesIO(sent), KIND)]


TRICKY = b"\r\n--edg\r\n--edgy\r\r\n-" + bytes(range(256)) * 300


@pytest.mark.parametrize("step", [1, 7, 64 * 1024])
def test_parts_come_one_after_the_other(step: int) -> None:
    sent = body(
        ('name="a"', "字".encode()), ('name="f"; filename="报告.txt"', TRICKY), ('name="b"', b"2")
    )
    found = [
        (part.name, part.filename, b"".join(iter(lambda p=part: p.read(100), b"")))  # type: ignore[misc]
        for part in FormStream(Trickle(sent, step), KIND)  # type: ignore[arg-type]
    ]
    assert found == [("a", None, "字".encode()), ("f", "报告.txt", TRICKY), ("b", None, b"2")]


def test_what_is_not_read_is_passed_over() -> None:
    sent = body(('name="f"; filename="large"', TRICKY), ('name="b"', b"2"))
    assert [part.name for part in FormStream(io.BytesIO(sent), KIND)] == ["f", "b"]


def test_reads_what_werkzeug_writes() -> None:
    builder = EnvironBuilder(
        method="POST", data={"a": "1", "b": "", "f": (io.BytesIO(TRICKY), "f.bin")}
    )
    environ = builder.get_environ()
    parts = FormStream(environ["wsgi.input"], environ["CONTENT_TYPE"])
    assert [(part.name, part.read()) for part in parts] == [("a", b"1"), ("b", b""), ("f", TRICKY)]


@pytest.mark.parametrize(
    "sent",
    [b"", b"rubbish", b"--edge\r\n", body(('name="a"', b"1"))[:-12], b"--edge\r\nX: 1\r\n\r\n1"],
)
def test_a_body_that_ends_too_early_is_refused(sent: bytes) -> None:
    with pytest.raises(BadRequest):
        read_all(sent)


def test_a_field_is_not_endless() -> None:
    part = next(iter(FormStream(io.BytesIO(body(('name="a"', bytes(20_000)))), KIND)))
    with pytest.raises(BadRequest):
        part.text()


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "multipart/form-data", "multipart/mixed; boundary=edge"]
)
def test_only_forms_are_read(kind: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        FormStream(io.BytesIO(), kind)


@pytest.mark.parametrize("cut", range(1, 200))
def test_no_cut_adds_or_takes_a_byte(cut: int) -> None:
    """Werkzeug's decoder gives a file a CR more when a piece ends right behind a boundary."""
    sent = body(('name="f"; filename="f"', b"\r\n--edg\r\n"), ('name="g"; filename="g"', b"1\r"))

    class Cut(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(cut if self.tell() < cut else size)

    found = [part.read() for part in FormStream(Cut(sent), KIND)]
    assert found == [b"\r\n--edg\r\n", b"1\r"]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("%22a%22.txt", '"a".txt'),
        ('\\"a\\".txt', '"a".txt'),
        ("C:\\a;b.txt", "C:\\a;b.txt"),
        ("", ""),
    ],
)
def test_file_names_as_browsers_write_them(written: str, name: str) -> None:
    sent = body((f'name="f"; filename="{written}"', b""))
    assert [part.filename for part in FormStream(io.BytesIO(sent), KIND)] == [name]
