"""Wherever a read ends, a form's file is the same.

Werkzeug's decoder (3.1.9, pallets/werkzeug#3285) gives a file a CR more when one ends near a mark.
"""

from __future__ import annotations

import hashlib
import io

import pytest

from hipflask.local.storage.bodies import FormUpload, WholeBody
from hipflask.local.storage.files import CHUNK
from tests.local.storage.client import BOUNDARY, Storage, form, part

MARK = b"\r\n--" + BOUNDARY.encode()
CONTENTS = (
    b"",
    b"\r",
    b"\n",
    b"\r\n",
    b"\r\r\n\n\r\r",
    b"--",
    b"\r\n--",
    b"-\r\n-",
    bytes(9),
    b"\x00\r\n\x00--\x00\r",
    b"hello\r\n",
    MARK[2:-1],
    MARK[:-1],
    MARK[:-1] + b"\r\n",
    MARK[:-1] + MARK[:-1] + b"--",
    MARK[1:],
)
FIELDS = {"cacheControl": b"60", "empty": b"", "metadata": b'{"a":"\\r\\n--"}', "odd": b"\r\n\r"}


class Cut(io.BytesIO):
    """A body of which the first read ends at ``first``, and every other after ``step`` bytes."""

    def __init__(self, body: bytes, first: int, step: int) -> None:
        super().__init__(body)
        self._sizes = [step, first]

    def read(self, size: int | None = -1, /) -> bytes:
        step = self._sizes.pop() if len(self._sizes) > 1 else self._sizes[0]
        return super().read(min(step, size or 0))


def sent(content: bytes) -> bytes:
    """Return a form with fields before and after the file, and a second file that is ignored."""
    fields = [part(value, name) for name, value in FIELDS.items()]
    file = part(content, "file", filename="a.bin", content_type="x/y")
    return form(*fields[:2], file, part(b"other\r", "two", filename="b"), *fields[2:])


def received(body: bytes, first: int, step: int) -> tuple[str, str, str, object]:
    """Return the digest of the file that is read from the pieces, and what the fields say."""
    upload = FormUpload(WholeBody(Cut(body, first, step), len(body)), BOUNDARY.encode())
    digest = hashlib.sha256()
    while piece := upload.source.read(CHUNK):
        digest.update(piece)
    return digest.hexdigest(), upload.content_type, upload.cache_control, upload.user_metadata


@pytest.mark.parametrize("content", CONTENTS)
def test_no_cut_adds_or_takes_a_byte(content: bytes) -> None:
    body = sent(content)
    expected = (hashlib.sha256(content).hexdigest(), "x/y", "max-age=60", {"a": "\r\n--"})
    wrong = [
        (first, step)
        for step in (CHUNK, 1, 7)
        for first in range(1, len(body) + 1)
        if received(body, first, step) != expected
    ]
    assert wrong == []


@pytest.mark.parametrize("ending", [b"", b"\r", b"\r\n--"])
def test_a_read_that_ends_near_the_mark(storage: Storage, ending: bytes) -> None:
    """Over HTTP: files of such lengths that one read after the other ends in and around a mark."""
    around = len(form(part(b"", "file", filename="a"))) - len(MARK) - len("--\r\n")
    wrong = []
    for behind in range(-4, len(MARK) + 5):
        content = b"\n" * (CHUNK - around - behind - len(ending)) + ending
        storage.send_form("b1/a", part(content, "file", filename="a"), method="PUT")
        kept = storage.read("b1/a")
        if kept is None or hashlib.sha256(kept).digest() != hashlib.sha256(content).digest():
            wrong.append((behind, len(content), kept and len(kept)))
    assert wrong == []
