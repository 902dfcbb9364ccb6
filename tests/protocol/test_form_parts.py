"""A form that is read as it comes."""

from __future__ import annotations

import io

import pytest
from werkzeug.test import EnvironBuilder

from hipflask.errors import FieldTooLong, FormBroken
from hipflask.protocol.form_parts import FormParts

EDGE = b"edge"


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
    return [part.read() for part in FormParts(io.BytesIO(sent), EDGE)]


TRICKY = b"\r\n--edg\r\n--edgy\r\r\n-" + bytes(range(256)) * 300


@pytest.mark.parametrize("step", [1, 7, 64 * 1024])
def test_parts_come_one_after_the_other(step: int) -> None:
    sent = body(
        ('name="a"', "字".encode()), ('name="f"; filename="报告.txt"', TRICKY), ('name="b"', b"2")
    )
    found = [
        (part.name, part.filename, b"".join(iter(lambda p=part: p.read(100), b"")))
        for part in FormParts(Trickle(sent, step), EDGE)
    ]
    assert found == [("a", None, "字".encode()), ("f", "报告.txt", TRICKY), ("b", None, b"2")]


def test_what_is_not_read_is_passed_over() -> None:
    sent = body(('name="f"; filename="large"', TRICKY), ('name="b"', b"2"))
    assert [part.name for part in FormParts(io.BytesIO(sent), EDGE)] == ["f", "b"]


def test_reads_what_werkzeug_writes() -> None:
    builder = EnvironBuilder(
        method="POST", data={"a": "1", "b": "", "f": (io.BytesIO(TRICKY), "f.bin")}
    )
    environ = builder.get_environ()
    boundary = environ["CONTENT_TYPE"].partition("boundary=")[2].strip('"').encode()
    parts = FormParts(environ["wsgi.input"], boundary)
    assert [(part.name, part.read()) for part in parts] == [("a", b"1"), ("b", b""), ("f", TRICKY)]


@pytest.mark.parametrize(
    "sent",
    [b"", b"rubbish", b"--edge\r\n", body(('name="a"', b"1"))[:-12], b"--edge\r\nX: 1\r\n\r\n1"],
)
def test_a_body_that_ends_too_early_is_refused(sent: bytes) -> None:
    with pytest.raises(FormBroken):
        read_all(sent)


def test_a_field_is_not_endless() -> None:
    part = next(iter(FormParts(io.BytesIO(body(('name="a"', bytes(20_000)))), EDGE)))
    with pytest.raises(FieldTooLong):
        part.text()


CONTENTS = (
    b"",
    b"\r",
    b"1\r",
    b"\n",
    b"--",
    b"\0\r\n\0",
    b"\r\n--edg\r\n",
    b"\r\n--edges",
    b"\n--edge--",
    b"\r\n-",
    b"\r\r\r",
    bytes(50),
)


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("step", [1, 5, 1 << 20])
def test_no_cut_adds_or_takes_a_byte(content: bytes, step: int) -> None:
    sent = body(('name="f"; filename="f"', content), ('name="a"', b""), ('name="g"', content))

    class Cut(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 0, step) if self.tell() else cut)

    for cut in range(1, len(sent) + 1):
        found = [part.read() for part in FormParts(Cut(sent), EDGE)]
        assert found == [content, b"", content], cut


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_a_read_gives_no_more_than_asked_for(size: int) -> None:
    part = next(iter(FormParts(io.BytesIO(body(('name="f"', TRICKY))), EDGE)))
    pieces = list(iter(lambda: part.read(size), b""))
    assert max(map(len, pieces)) <= size
    assert b"".join(pieces) == TRICKY


@pytest.mark.parametrize("padding", [b" ", b"\t \t", b" " * 1000])
def test_blanks_behind_a_mark_are_passed_over(padding: bytes) -> None:
    """RFC 2046, section 5.1.1: transport padding."""
    sent = body(('name="a"', b"1"), ('name="b"', b"2")).replace(
        b"edge\r\n", b"edge" + padding + b"\r\n"
    )
    assert read_all(sent) == [b"1", b"2"]


def test_what_stands_around_the_parts_means_nothing() -> None:
    sent = body(('name="a"', b"1"))
    for around in (b"\r\n", b"For programs\r\nof old\r\n"):
        assert read_all(around + sent + around) == [b"1"]
    assert read_all(sent[:-2]) == [b"1"]


def test_a_head_says_the_type() -> None:
    sent = body(('name="a"\r\ncontent-TYPE:x/y ', b"1"), ('name="b"', b"2"))
    parts = FormParts(io.BytesIO(sent), EDGE)
    assert [part.content_type for part in parts] == ["x/y", None]


@pytest.mark.parametrize("kind", ["attachment; name=a", "form-data-not; name=a", ""])
def test_a_part_that_is_no_form_data_is_refused(kind: str) -> None:
    sent = b"--edge\r\nContent-Disposition: " + kind.encode() + b"\r\n\r\n1\r\n--edge--"
    with pytest.raises(FormBroken):
        read_all(sent)


def test_heads_and_parts_are_not_endless() -> None:
    for sent in (
        body(*[('name="a"', b"")] * 501),
        body(('name="a"\r\nX: ' + "x" * 20_000, b"")),
        b"--edge\r\n" + b"x" * 1_000_000,
    ):
        with pytest.raises(FormBroken):
            read_all(sent)
    assert len(read_all(body(*[('name="a"', b"")] * 500))) == 500


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ('filename="%22a%22.txt"', '"a".txt'),
        ('filename="\\"a\\".txt"', '"a".txt'),
        ('filename="C:\\a;b.txt"', "C:\\a;b.txt"),
        ('filename="a\\"', "a\\"),
        ('filename=""', ""),
        ("filename=a.txt", "a.txt"),
        ('FileName = "a.txt"; size=1', "a.txt"),
        ('filename="; filename=b; name=c"', "; filename=b; name=c"),
        ("filename*=UTF-8''%e6%8a%a5.txt", "报.txt"),
        ('filename="a.txt"; filename*=UTF-8b.txt', "a.txt"),
        ('other="; filename=x"', None),
    ],
)
def test_file_names_as_they_are_written(written: str, name: str | None) -> None:
    sent = body((f'name="f"; {written}', b""))
    found = [(part.name, part.filename) for part in FormParts(io.BytesIO(sent), EDGE)]
    assert found == [("f", name)]


def test_a_name_in_another_charset_breaks_nothing() -> None:
    sent = body(('name="f"; filename="?"', b"1")).replace(b"?", "报".encode("gbk"))
    assert [part.filename for part in FormParts(io.BytesIO(sent), EDGE)] == ["\ufffd\ufffd"]
