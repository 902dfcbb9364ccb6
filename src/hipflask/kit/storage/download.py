"""An object that is being read, and which part of it was asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Final

import urllib3

from hipflask.errors import RangeRefused, StorageUnavailable

from .source import PIECE

ByteRange = tuple[int, int | None] | str

_HEADER: Final = re.compile(r"bytes=(?:\d{1,18}-\d{0,18}|-\d{1,18})")
_CONTENT_RANGE: Final = re.compile(r"bytes \d+-\d+/(\d+)")


class Download:
    """The bytes of an object, read as they come. Use it in a ``with`` block, or close it.

    It may also be the body of a Flask response, which closes it. ``size`` is the number of bytes
    that come, ``total`` that of the whole object. When ``not_modified`` is true, nothing comes.
    """

    def __init__(
        self,
        response: urllib3.BaseHTTPResponse,
        unreachable: Callable[[Exception], StorageUnavailable],
    ) -> None:
        self._response = response
        self._unreachable = unreachable
        headers = response.headers
        self.status = response.status
        self.not_modified = response.status == 304
        self.content_type = headers.get("Content-Type", "")
        self.etag = headers.get("ETag", "")
        self.cache_control = headers.get("Cache-Control", "")
        self.content_range = headers.get("Content-Range", "")
        self.last_modified = _date(headers)
        self.size = 0 if self.not_modified else int(headers.get("Content-Length") or 0)
        found = _CONTENT_RANGE.fullmatch(self.content_range)
        self.total = int(found[1]) if found else self.size

    def __repr__(self) -> str:
        return f"<Download {self.status} of {self.size} bytes, {self.content_type}>"

    def __enter__(self) -> Download:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.read(PIECE):
            yield piece

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes, all that are left by default, and none at the end.

        Raises StorageUnavailable when the connection breaks before the end.
        """
        try:
            return self._response.read(None if size < 0 else size, decode_content=False)
        except urllib3.exceptions.HTTPError as error:
            raise self._unreachable(error) from error

    def close(self) -> None:
        """Give the connection back; one with bytes left on it is closed."""
        if self.not_modified:
            self._response.drain_conn()
        self._response.close()
        self._response.release_conn()


def range_header(byte_range: ByteRange) -> str:
    """Return the header for a range: first and last byte, or the words of a visitor's header.

    Raises RangeRefused for what Storage would refuse: another unit, or several ranges.
    """
    if isinstance(byte_range, tuple):
        first, last = byte_range
        byte_range = f"bytes={first}-{'' if last is None else last}"
    if not _HEADER.fullmatch(byte_range):
        raise RangeRefused(
            f"{byte_range[:60]!a} is no range of bytes.",
            hint="Send one range such as bytes=0-99, bytes=100- or bytes=-50.",
        )
    return byte_range


def _date(headers: Mapping[str, str]) -> datetime | None:
    try:
        return parsedate_to_datetime(headers.get("Last-Modified", ""))
    except ValueError:
        return None
