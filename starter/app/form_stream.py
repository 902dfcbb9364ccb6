"""A ``multipart/form-data`` body read as it comes (RFC 7578), so that no file lies here in between.

``request.form`` and ``request.files`` would read all of it first; on Cloud Run the disk that they
write large files to is memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from werkzeug.exceptions import BadRequest, UnsupportedMediaType
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import (
    NEED_DATA,
    Data,
    Epilogue,
    Event,
    Field,
    File,
    MultipartDecoder,
)

PIECE = 64 * 1024
LONGEST_FIELD = 16 * 1024
MOST_PARTS = 500


class Part:
    """A field or a file of the form; read it before going on to the next."""

    def __init__(self, form: FormStream, head: Field | File) -> None:
        self.name = head.name
        self.filename = head.filename if isinstance(head, File) else None
        self._form = form
        self._buffer = bytearray()
        self._more = True

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, at most ``size``; none at the end."""
        while self._more and (size < 0 or not self._buffer):
            self._fill()
        wanted = len(self._buffer) if size < 0 else size
        piece = bytes(self._buffer[:wanted])
        del self._buffer[:wanted]
        return piece

    def text(self) -> str:
        """Return a field's text; raise BadRequest for one that is longer than any of ours."""
        value = bytearray()
        while piece := self.read(PIECE):
            value += piece
            if len(value) > LONGEST_FIELD:
                raise BadRequest
        return value.decode(errors="replace")

    def skip(self) -> None:
        """Read what is left and throw it away."""
        while self.read(PIECE):
            pass

    def _fill(self) -> None:
        event = self._form.next_event()
        if not isinstance(event, Data):
            raise BadRequest
        self._buffer += event.data
        self._more = event.more_data


class FormStream:
    """The parts of a form, one after the other. Raises BadRequest for a body that is no form."""

    def __init__(self, stream: IO[bytes], content_type: str) -> None:
        kind, options = parse_options_header(content_type)
        if kind != "multipart/form-data" or not options.get("boundary"):
            raise UnsupportedMediaType
        self._stream = stream
        self._decoder = MultipartDecoder(
            options["boundary"].encode("latin-1", "replace"), max_parts=MOST_PARTS
        )

    def __iter__(self) -> Iterator[Part]:
        while not isinstance(event := self.next_event(), Epilogue):
            if isinstance(event, Field | File):
                part = Part(self, event)
                yield part
                part.skip()

    def next_event(self) -> Event:
        """Return what comes next in the body."""
        try:
            while (event := self._decoder.next_event()) is NEED_DATA:
                self._decoder.receive_data(self._stream.read(PIECE) or None)
        except ValueError as error:  # cut off in the middle, or never was a form
            raise BadRequest from error
        return event
