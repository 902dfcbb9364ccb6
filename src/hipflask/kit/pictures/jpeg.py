"""JPEG (ITU-T T.81 annex B): segments with a marker each, and scans of coded data between them."""

from __future__ import annotations

from typing import Final

from .orientation import UPRIGHT, only_orientation, orientation_of
from .pieces import Pieces

_START: Final = b"\xff\xd8"
_END: Final = 0xD9
_SCAN: Final = 0xDA
_COMMENT: Final = 0xFE
_APPS: Final = range(0xE0, 0xF0)
_EXIF: Final = b"Exif\x00\x00"
_ADOBE: Final = b"Adobe"  # says how the colours are coded
_PROFILE: Final = b"ICC_PROFILE\x00"
_JFIF: Final = b"JFIF\x00"
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers without a length: TEM, and the restarts within a scan."""


def without_metadata(data: bytes) -> bytes:
    """Return the picture alone. Phones hang films and second pictures behind its end: they go."""
    pieces = Pieces(data)
    kept = bytearray(pieces.take(2))
    while True:
        marker = _marker(pieces)
        if marker == _END:
            kept += bytes((0xFF, _END))
            return bytes(kept)
        if marker in _ALONE:
            continue
        content = pieces.take(_length(pieces))
        if (segment := _kept(marker, content)) is not None:
            kept += bytes((0xFF, marker)) + (len(segment) + 2).to_bytes(2) + segment
        if marker == _SCAN:
            kept += _coded(pieces)


def _marker(pieces: Pieces) -> int:
    if pieces.take(1) != b"\xff":
        raise ValueError("no marker where one must be")
    while (marker := pieces.number(1, "big")) == 0xFF:
        pass  # fill bytes
    return marker


def _length(pieces: Pieces) -> int:
    length = pieces.number(2, "big") - 2
    if length < 0:
        raise ValueError("a segment without room for its own length")
    return length


def _kept(marker: int, content: bytes) -> bytes | None:
    """Return what stays of a segment; None if nothing does."""
    if marker == _COMMENT:
        return None
    if marker not in _APPS:
        return content
    if content.startswith(_EXIF):
        way = orientation_of(content[len(_EXIF) :])
        return None if way == UPRIGHT else _EXIF + only_orientation(way)
    if content.startswith(_JFIF) and len(content) >= 14:
        return content[:12] + b"\x00\x00"  # without its thumbnail
    return content if content.startswith((_PROFILE, _ADOBE)) else None


def _coded(pieces: Pieces) -> bytes:
    """Return coded data: to the next marker that is neither a stuffed FF nor a restart."""
    coded = bytearray()
    while True:
        coded += pieces.until(b"\xff")
        after = pieces.take(2)[1]
        if after != 0 and after not in _ALONE:
            pieces.at -= 2
            return bytes(coded)
        coded += bytes((0xFF, after))
