"""The file in an upload's body: the body itself, or one part of a multipart form."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from werkzeug.http import parse_options_header

from hipflask.errors import FieldTooLong, FormBroken
from hipflask.local.storage.call import Call
from hipflask.local.storage.errors import invalid_request, no_content, too_large
from hipflask.local.storage.files import CHUNK, Readable
from hipflask.local.storage.mime_types import OCTET_STREAM
from hipflask.protocol.form_parts import FormPart, FormParts

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
        self._parts = iter(FormParts(body, boundary, most=_MOST_FIELDS + 2))
        self._fields: dict[str, str] = {}
        self._ended = False
        with _broken_is_invalid():
            self._file = self._find_file()

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
        return self._fields.get("contentType") or self._file.content_type or "text/plain"

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

    def read(self, size: int, /) -> bytes:
        """Return the file's next bytes; none once all of the form has been read."""
        if self._ended:
            return b""
        with _broken_is_invalid():
            piece = self._file.read(size)
            if not piece:
                self._ended = True
                self._finish()
        return piece

    def _find_file(self) -> FormPart:
        """Read the fields up to the first file and return that."""
        for part in self._parts:
            # A part without a file name is a file too when it says that it has a type, or when it
            # has no name: clients in the wild send such.
            if part.filename is not None or part.content_type is not None or not part.name:
                return part
            self._read_field(part)
        raise no_content()

    def _read_field(self, part: FormPart) -> None:
        text = part.text(_LONGEST_FIELD)
        if len(self._fields) < _MOST_FIELDS:
            self._fields.setdefault(part.name, text)

    def _finish(self) -> None:
        """Read the rest of the form: its end must be there, and fields may follow the file."""
        for part in self._parts:
            if part.filename is None:
                self._read_field(part)
        while self._body.read(CHUNK):
            pass  # what stands behind the last mark means nothing


@contextmanager
def _broken_is_invalid() -> Iterator[None]:
    try:
        yield
    except FieldTooLong as error:
        raise too_large("field") from error
    except FormBroken as error:
        raise invalid_request("Unexpected end of form") from error


def _parsed(text: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
