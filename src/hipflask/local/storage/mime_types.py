"""MIME types: which a bucket may list, and whether it takes one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from hipflask.local.storage.errors import invalid_mime_type

OCTET_STREAM: Final = "application/octet-stream"
_LONGEST: Final = 1000
_LISTED: Final = re.compile(
    r"([a-zA-Z0-9\-+.]+)/([a-zA-Z0-9\-+.]+)(;\s*charset=[a-zA-Z0-9\-]+)?|.*\*", re.DOTALL
)
_HEADER: Final = re.compile(
    r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+/[!#$%&'*+\-.^_`|~0-9A-Za-z]+\s*(;.*)?", re.DOTALL
)


def require_listed(types: Iterable[str]) -> list[str]:
    """Return the types of a bucket's list, or raise InvalidMimeType; ``image/*`` is one."""
    listed = [one for one in types if one]
    for one in listed:
        if len(one) > _LONGEST or not _LISTED.fullmatch(one):
            raise invalid_mime_type(one)
    return listed


def require_taken(mime_type: str, taken: Sequence[str] | None) -> None:
    """Raise InvalidMimeType unless a bucket with the list ``taken`` takes ``mime_type``.

    No list takes everything. Parameters count: ``text/plain;charset=utf-8`` must be listed so.
    """
    if not taken:
        return
    kind, slash, rest = mime_type.partition("/")
    for one in taken if slash else ():
        taken_kind, _, taken_rest = one.partition("/")
        if taken_kind == kind and taken_rest in ("*", rest):
            return
    raise invalid_mime_type(mime_type)


def is_media_type(header: str) -> bool:
    """Tell whether a Content-Type header is one by its syntax (RFC 9110 section 8.3)."""
    return _HEADER.fullmatch(header) is not None
