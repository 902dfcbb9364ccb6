"""A browser's form with fields and one file, read as it arrives (RFC 7578)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from werkzeug.http import parse_options_header

from hipflask.errors import FieldTooLong, FormBroken
from hipflask.local.storage.files import CHUNK, Readable
from hipflask.local.storage.s3.errors import S3Error
from hipflask.protocol.form_parts import FormPart, FormParts

_MOST_FIELDS: Final = 100
_LARGEST_FIELDS: Final = 64 << 10


class FormData:
    """The fields before the file, and the file. What comes after it is read and ignored, as AWS."""

    def __init__(self, source: Readable, content_type: str) -> None:
        boundary = parse_options_header(content_type)[1].get("boundary", "")
        if not boundary:
            raise S3Error("MalformedPOSTRequest")
        self._source = source
        self._parts = iter(FormParts(source, boundary.encode(), most=_MOST_FIELDS))
        self._ended = False
        #: By lower-case name, as AWS compares them.
        self.fields: dict[str, str] = {}
        with _broken_is_malformed():
            self._file = self._find_file()
        #: What the browser calls the file, without the folders that some browsers send.
        self.filename = (self._file.filename or "").replace("\\", "/").rpartition("/")[2]

    def read(self, size: int, /) -> bytes:
        """Return the file's next bytes; b"" once all of the form has been read."""
        if self._ended:
            return b""
        with _broken_is_malformed():
            piece = self._file.read(size)
            if not piece:
                self._ended = True
                for _ in self._parts:
                    pass
                while self._source.read(CHUNK):
                    pass
        return piece

    def _find_file(self) -> FormPart:
        left = _LARGEST_FIELDS
        for part in self._parts:
            name = part.name.lower()
            if name == "file":
                return part
            self.fields[name] = part.text(left)
            left -= len(self.fields[name].encode())
        raise S3Error("InvalidArgument", "POST requires exactly one file upload per request.")


@contextmanager
def _broken_is_malformed() -> Iterator[None]:
    try:
        yield
    except FieldTooLong as error:
        raise S3Error("MalformedPOSTRequest", "The fields are larger than 64 kB.") from error
    except FormBroken as error:
        raise S3Error("MalformedPOSTRequest") from error
