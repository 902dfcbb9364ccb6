"""The head of a request: its lines, read in one piece and strictly (RFC 9112)."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from hipflask.local.http_server.connection import SocketReader

#: Bytes that all header lines together may have; gunicorn's and nginx's limits are near it.
LARGEST_HEAD: Final = 64 * 1024
_ONCE: Final = (b"Content-Length", b"Host")
#: Headers whose values, sent on several lines, are one list (RFC 9110 section 5.3).
_LISTS: Final = frozenset(
    b"""Accept Accept-Charset Accept-Encoding Accept-Language Accept-Ranges Allow Cache-Control
    Connection Content-Encoding Content-Language Expect If-Match If-None-Match Pragma Te Trailer
    Transfer-Encoding Upgrade Vary Via Warning X-Forwarded-For""".split()
)
_NAME: Final = frozenset(
    b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)


class Headers(dict[bytes, bytes]):
    """A request's headers. What two readers would read differently is refused (RFC 9112)."""

    def __setitem__(self, name: bytes, value: bytes) -> None:
        if name in _ONCE and self.get(name, value) != value:
            raise ValueError(f"Several {name.decode()} headers.")
        super().__setitem__(name, value)


def read_headers(wrapped: Any, headers: dict[bytes, bytes]) -> dict[bytes, bytes]:
    """Read the lines up to the empty one into ``headers``, in the place of cheroot's HeaderReader.

    Cheroot reads line by line through several layers, which costs more than all else that it does.
    Raises ValueError for what is no HTTP, MaxSizeExceeded for more than a head may have.
    """
    reader: SocketReader = wrapped.rfile
    head = reader.read_head(LARGEST_HEAD)
    if b"\0" in head or not head.count(b"\r\n") == head.count(b"\r") == head.count(b"\n"):
        raise ValueError("HTTP requires CRLF terminators, and no NUL.")
    for line in head[:-4].split(b"\r\n") if len(head) > 2 else ():
        name, colon, value = line.partition(b":")
        if not colon:
            raise ValueError("Illegal header line.")
        name, value = _checked_name(name), value.strip(b" \t")
        if name in _LISTS and headers.get(name):
            value = headers[name] + b", " + value
        headers[name] = value
    return headers


@functools.lru_cache(maxsize=512)
def _checked_name(raw: bytes) -> bytes:
    """Return the name as cheroot spells it. A line that goes on the one before has none."""
    if not raw or not _NAME.issuperset(raw):
        raise ValueError("Illegal header name.")
    return raw.title()


@functools.lru_cache(maxsize=512)
def environ_name(name: bytes) -> str:
    """Return a header's name in a WSGI environ (PEP 3333)."""
    text = name.decode("latin-1").upper().replace("-", "_")
    return text if text in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{text}"
