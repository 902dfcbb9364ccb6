"""The file in an upload's body: the body itself, or one part of a multipart form."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

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

from hipflask.local.storage.call import Call
from hipflask.local.storage.errors import invalid_request, no_content, too_large
from hipflask.local.storage.files import CHUNK, Readable
from hipflask.local.storage.mime_types import OCTET_STREAM

_MOST_FIELDS: Final = 10
_LONGEST_FIELD: Final = 2 << 20
_LONGEST_METADATA: Final = 1 << 20
_CLOSED: Final = "Request stream closed before upload could complete"


class Upload(Protocol):
    """A file on its way in. Of a form, what stands after the file is known only at its end."""

    @property
    def source(self) -> Readable:
        """The content."""

    @property
    def length(self) -> int | None:
        """Its length in bytes, where that is known before."""

    @property
    def content_type(self) -> str:
        """Its MIME type, as the client says."""

    @property
    def cache_control(self) -> str:
        """The header to serve it with."""

    @property
    def user_metadata(self) -> Mapping[str, Any] | None:
        """What the client wants to have kept with it."""


@dataclass(frozen=True, slots=True)
class BodyUpload:
    """A file that is the whole body."""

    source: Readable = field(repr=False)
    content_type: str
    cache_control: str
    user_metadata: Mapping[str, Any] | None = None
    length: int | None = None


def upload_in(call: Call) -> Upload:
    """Return the file in a request's body. Its first bytes may be read, the rest is not."""
    content_type = call.header("Content-Type")
    if content_type.startswith("multipart/form-data"):
        boundary = parse_options_header(content_type)[1].get("boundary", "")
        if not boundary:
            raise no_content("Multipart: Boundary not found")
        return FormUpload(WholeBody(call.stream, call.content_length), boundary.encode())
    call.require_media_type()
    return BodyUpload(
        source=WholeBody(call.stream, call.content_length),
        content_type=content_type or OCTET_STREAM,
        cache_control=call.header("Cache-Control") or "no-cache",
        user_metadata=metadata_in_header(call.header("X-Metadata")),
        length=call.content_length,
    )


def metadata_in_header(header: str) -> Mapping[str, Any] | None:
    """Return the metadata of an ``x-metadata`` header (base64 of JSON); None if it is none."""
    if not header:
        return None
    try:
        # As Node reads it: either alphabet, with or without padding.
        plain = header.strip().rstrip("=").replace("-", "+").replace("_", "/")
        return _parsed(base64.b64decode(plain + "=" * (-len(plain) % 4)).decode())
    except (ValueError, binascii.Error):
        return None


class WholeBody:
    """A body that must arrive whole: a client that hangs up early must not leave half a file."""

    def __init__(self, stream: Readable, length: int | None) -> None:
        self._stream = stream
        self._left = length

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes; raise InvalidRequest when the client hung up."""
        try:
            if self._left is None:
                return self._stream.read(size)
            chunk = self._stream.read(min(size, self._left)) if self._left else b""
        except (OSError, ValueError) as error:
            raise no_content(_CLOSED) from error
        if not chunk and self._left:
            raise no_content(_CLOSED)
        self._left -= len(chunk)
        return chunk


class FormUpload:
    """The first file of a multipart form (RFC 7578), read as it arrives."""

    def __init__(self, body: Readable, boundary: bytes) -> None:
        self._body = body
        self._decoder = MultipartDecoder(boundary, max_parts=_MOST_FIELDS + 2)
        self._fields: dict[str, str] = {}
        self._ended = False
        self._type = self._find_file().get("content-type") or "text/plain"

    @property
    def source(self) -> Readable:
        """The content: this object reads it."""
        return self

    @property
    def length(self) -> int | None:
        """Not known: the form around it has one."""
        return None

    @property
    def content_type(self) -> str:
        """The type that the file's part, or a field before it, says."""
        return self._fields.get("contentType") or self._type

    @property
    def cache_control(self) -> str:
        """``max-age`` with whatever the field ``cacheControl`` says."""
        seconds = self._fields.get("cacheControl")
        return f"max-age={seconds}" if seconds else "no-cache"

    @property
    def user_metadata(self) -> Mapping[str, Any] | None:
        """The JSON in the field ``metadata``; None if it is none."""
        text = self._fields.get("metadata", self._fields.get("userMetadata", ""))
        if len(text.encode()) > _LONGEST_METADATA:
            raise too_large("user_metadata")
        return _parsed(text)

    def read(self, _size: int, /) -> bytes:
        """Return the file's next bytes, however many have arrived."""
        while not self._ended:
            event = self._next()
            if isinstance(event, Data):
                self._ended = not event.more_data
                if event.data:
                    if self._ended:
                        self._finish()
                    return bytes(event.data)
                if self._ended:
                    self._finish()
        return b""

    def _find_file(self) -> Headers:
        """Read the fields up to the first file and return the file's headers."""
        while True:
            event = self._next()
            match event:
                case File():
                    return event.headers
                # A part without a file name is a file too when it says that it has a type, or
                # when it has no name: clients in the wild send such.
                case Field() if not event.name or "content-type" in event.headers:
                    return event.headers
                case Field():
                    self._read_field(event.name)
                case Epilogue():
                    raise no_content()

    def _read_field(self, name: str) -> None:
        text = bytearray()
        while isinstance(event := self._next(), Data):
            text += event.data
            if len(text) > _LONGEST_FIELD:
                raise too_large("field")
            if not event.more_data:
                break
        if len(self._fields) < _MOST_FIELDS:
            self._fields.setdefault(name, text.decode(errors="replace"))

    def _finish(self) -> None:
        """Read the rest of the form: its end must be there, and fields may follow the file."""
        while not isinstance(event := self._next(), Epilogue):
            if isinstance(event, Field):
                self._read_field(event.name)

    def _next(self) -> Event:
        try:
            while isinstance(event := self._decoder.next_event(), NeedData):
                self._decoder.receive_data(self._body.read(CHUNK) or None)
        except (ValueError, RequestEntityTooLarge) as error:
            raise invalid_request("Unexpected end of form") from error
        return event


def _parsed(text: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
