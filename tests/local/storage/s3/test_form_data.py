"""A browser's form for S3, of which the reads end anywhere."""

from __future__ import annotations

import io

import pytest

from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.form_data import FormData

KIND = "multipart/form-data; boundary=edge"


class Cut(io.BytesIO):
    """A body of which the first read ends at ``first``."""

    def __init__(self, body: bytes, first: int) -> None:
        super().__init__(body)
        self._first = first

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(size if self.tell() else self._first)


def body(content: bytes, *, end: bytes = b"--") -> bytes:
    """Return a form with fields before and after the file."""
    parts = (
        b'name="Key"\r\n\r\nup/${filename}',
        b'name="empty"\r\n\r\n',
        b'name="file"; filename="C:\\folder\\n.txt"\r\n\r\n' + content,
        b'name="submit"\r\n\r\nUpload',
    )
    mark = b"--edge"
    head = b"\r\nContent-Disposition: form-data; "
    return b"".join(mark + head + part + b"\r\n" for part in parts) + mark + end + b"\r\n"


@pytest.mark.parametrize("content", [b"", b"1\r", b"\n\r\n--edg", b"\r\n--edg\r\n", b"\0--\r\r\n"])
def test_no_cut_adds_or_takes_a_byte(content: bytes) -> None:
    sent = body(content)
    for first in range(1, len(sent) + 1):
        form = FormData(Cut(sent, first), KIND)
        assert form.fields == {"key": "up/${filename}", "empty": ""}
        assert form.filename == "n.txt"
        assert b"".join(iter(lambda form=form: form.read(7), b"")) == content, first  # type: ignore[misc]


def test_fields_are_not_endless() -> None:
    sent = body(b"").replace(b"up/", b"u" * 65_000)
    assert len(FormData(io.BytesIO(sent), KIND).fields["key"]) > 65_000
    with pytest.raises(S3Error, match="larger than 64 kB"):
        FormData(
            io.BytesIO(sent.replace(b'"empty"\r\n\r\n', b'"empty"\r\n\r\n' + b"x" * 999)), KIND
        )


def test_a_form_that_is_cut_off_is_malformed() -> None:
    form = FormData(io.BytesIO(body(b"hello", end=b"")[:-2]), KIND)
    assert form.read(100) == b"hello"
    with pytest.raises(S3Error):
        form.read(100)
