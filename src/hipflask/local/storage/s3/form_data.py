"""A browser's form with fields and one file, read as it arrives (RFC 7578)."""

from __future__ import annotations

from typing import Final

from werkzeug.datastructures import Headers
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import (
    Data,
    Epilogue,
    Event,
    Field,
    File,
    MultipartDecoder,
    NeedData,
)

from hipflask.local.storage.files import CHUNK, Readable
from hipflask.local.storage.s3.errors import S3Error

_MOST_FIELDS: Final = 100
_LARGEST_FIELDS: Final = 64 << 10


class FormData:
    """The fields before the file, and the file. What comes after it is read and ignored, as AWS."""

    def __init__(self, source: Readable, content_type: str) -> None:
        boundary = parse_options_header(content_type)[1].get("boundary", "")
        if not boundary:
            raise S3Error("MalformedPOSTRequest")
        self._source = source
        self._decoder = MultipartDecoder(boundary.encode(), max_parts=_MOST_FIELDS)
        self._ended = False
        #: By lower-case name, as AWS compares them.
        self.fields: dict[str, str] = {}
        #: What the browser calls the file.
        self.filename = ""
        self._find_file()

    def read(self, _size: int, /) -> bytes:
        """Return the file's next bytes, however many have arrived; b"" once the form has ended."""
        while not self._ended:
            event = self._next()
            if isinstance(event, Data):
                self._ended = not event.more_data
                if self._ended:
                    while not isinstance(self._next(), Epilogue):
                        pass
                if event.data:
                    return bytes(event.data)
        return b""

    def _find_file(self) -> None:
        left = _LARGEST_FIELDS
        while True:
            event = self._next()
            if isinstance(event, Epilogue):
                raise S3Error(
                    "InvalidArgument", "POST requires exactly one file upload per request."
                )
            if isinstance(event, Field | File) and event.name.lower() == "file":
                self.filename = _last_part(event.headers)
                return
            if isinstance(event, Field | File):
                value = self._value(left)
                left -= len(value)
                self.fields[event.name.lower()] = value.decode(errors="replace")

    def _value(self, most: int) -> bytes:
        value = b""
        while isinstance(event := self._next(), Data):
            value += event.data
            if len(value) > most:
                raise S3Error("MalformedPOSTRequest", "The fields are larger than 64 kB.")
            if not event.more_data:
                break
        return value

    def _next(self) -> Event:
        try:
            while isinstance(event := self._decoder.next_event(), NeedData):
                self._decoder.receive_data(self._source.read(CHUNK) or None)
        except (ValueError, RequestEntityTooLarge) as error:
            raise S3Error("MalformedPOSTRequest") from error
        return event


def _last_part(headers: Headers) -> str:
    """Return the file's name without the folders that some browsers send."""
    name = parse_options_header(headers.get("content-disposition", ""))[1].get("filename", "")
    return name.replace("\\", "/").rpartition("/")[2]
