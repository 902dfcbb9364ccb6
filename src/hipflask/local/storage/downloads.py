"""Serving an object's content (supabase/storage, ``src/storage/renderer``)."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import BinaryIO, Final
from urllib.parse import quote

from hipflask.local.storage.answers import Answer, FilePart
from hipflask.local.storage.call import Call
from hipflask.local.storage.errors import invalid_range, no_such_key
from hipflask.local.storage.files import FileStore
from hipflask.local.storage.objects import StoredObject
from hipflask.local.storage.replacements import ReplacedMeanwhileError
from hipflask.local.storage.timestamps import http_date

_RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)
# No browser runs script in these. Everything else, SVG and XHTML above all, goes out under a policy
# that forbids it; the reference server leaves that to whoever puts it on an origin of its own.
_PASSIVE: Final = re.compile(
    r"(?:image/(?!svg)|audio/|video/|font/|text/plain\b|text/css\b|text/csv\b|application/pdf\b"
    r"|application/json\b|application/octet-stream\b|application/zip\b)[^,+]*",
    re.IGNORECASE,
)
_NO_SCRIPT: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
#: What JavaScript's encodeURIComponent leaves as it is.
_UNESCAPED: Final = "!'()*~"
_OF_UNCHANGED: Final = frozenset({"ETag", "Cache-Control", "Last-Modified", "Vary"})


def serve(call: Call, stored: StoredObject, *, expires: datetime | None = None) -> Answer:
    """Answer with an object's content, or the range of it that is asked for.

    ``expires`` is when a signed URL ends; it takes the place of Cache-Control. Raises InvalidRange.
    """
    headers = [*content_headers(stored), *freshness(call, stored, expires)]
    if is_unchanged(call, stored):
        return unchanged(headers)
    headers += disposition(call)
    size, start, length = stored.size, 0, stored.size
    status = 200
    if asked := call.header("Range"):
        start, length = byte_range(asked, size)
        status = 206
        headers.append(("Content-Range", f"bytes {start}-{start + length - 1}/{size}"))
    return Answer(status, headers, open_part(call.context.files, stored, start, length))


def open_part(files: FileStore, stored: StoredObject, start: int, length: int) -> FilePart:
    """Open ``length`` bytes of an object from ``start`` on, or raise NoSuchKey."""
    return FilePart(open_whole(files, stored), length, start)


def open_whole(files: FileStore, stored: StoredObject) -> BinaryIO:
    """Open an object's file, or raise NoSuchKey."""
    if not stored.version:  # a row that somebody wrote by hand
        raise no_such_key(stored.name)
    try:
        return files.open(stored.version)
    except FileNotFoundError:
        raise ReplacedMeanwhileError(stored.name) from None


def content_headers(stored: StoredObject) -> list[tuple[str, str]]:
    """Return the headers that describe an object, whatever the request."""
    content_type = served_type(stored.content_type)
    return [
        ("Accept-Ranges", "bytes"),
        ("Content-Type", content_type),
        ("ETag", stored.etag),
        ("X-Robots-Tag", str((stored.metadata or {}).get("xRobotsTag") or "none")),
        ("Last-Modified", http_date(stored.last_modified)),
        *browser_headers(content_type),
    ]


def browser_headers(content_type: str) -> list[tuple[str, str]]:
    """Return what keeps a browser from running script in content of this type."""
    headers = [("X-Content-Type-Options", "nosniff")]
    if not _PASSIVE.fullmatch(content_type):
        headers.append(("Content-Security-Policy", _NO_SCRIPT))
    return headers


def served_type(content_type: str) -> str:
    """Return the type to serve: HTML goes out as plain text, so that no browser runs it."""
    return "text/plain" if "text/html" in content_type.lower() else content_type


def byte_range(header: str, size: int) -> tuple[int, int]:
    """Return where the range of a Range header starts and how long it is, or raise InvalidRange.

    One range in bytes is understood (RFC 9110 section 14.1.2).
    """
    match = _RANGE.fullmatch(header)
    if match is None or size <= 0 or not (match[1] or match[2]):
        raise invalid_range()
    if not match[1]:
        suffix = int(match[2])
        if suffix == 0:
            raise invalid_range()
        start = max(size - suffix, 0)
        return start, size - start
    start, end = int(match[1]), int(match[2]) if match[2] else size - 1
    if start >= size or end < start:
        raise invalid_range()
    return start, min(end, size - 1) - start + 1


def freshness(call: Call, stored: StoredObject, expires: datetime | None) -> list[tuple[str, str]]:
    """Return Cache-Control, or Expires for a signed URL."""
    if expires is not None:
        return [("Expires", http_date(expires))]
    asked = call.header("If-None-Match")
    value = stored.cache_control
    if asked and asked != stored.etag:
        value += ", stale-while-revalidate=30"
    return [("Cache-Control", value)]


def is_unchanged(call: Call, stored: StoredObject) -> bool:
    """Tell whether the client has the object's content already."""
    if stored.etag and call.header("If-None-Match") == stored.etag:
        return True
    try:
        since = parsedate_to_datetime(call.header("If-Modified-Since"))
    except (ValueError, TypeError):
        return False
    if since.tzinfo is None:
        since = since.replace(tzinfo=stored.last_modified.tzinfo)
    return stored.last_modified <= since


def unchanged(headers: list[tuple[str, str]]) -> Answer:
    """Answer that the client has it already, with those headers that belong to that."""
    return Answer(304, [pair for pair in headers if pair[0] in _OF_UNCHANGED])


def disposition(call: Call) -> list[tuple[str, str]]:
    """Return the header that makes a browser save the file, where ``?download`` asks for it."""
    name = call.query.get("download")
    if name is None:
        return []
    if not name:
        return [("Content-Disposition", "attachment;")]
    encoded = quote(name, safe=_UNESCAPED)
    value = f"attachment; filename={encoded}; filename*=UTF-8''{encoded}"
    return [("Content-Disposition", value)]
