"""WebP (RFC 9649 section 2): chunks in a RIFF container."""

from __future__ import annotations

from typing import Final

from .orientation import UPRIGHT, only_orientation, orientation_of
from .pieces import Pieces

_SHOWN: Final = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_EXIF_FLAG: Final = 0x08
_XMP_FLAG: Final = 0x04
_JPEG_LIKE: Final = b"Exif\x00\x00"  # some programs write it before the data, as in a JPEG


def without_metadata(data: bytes) -> bytes:
    """Return the picture alone."""
    head = Pieces(data)
    head.take(4)
    pieces = Pieces(head.take(head.number(4, "little")))
    if pieces.take(4) != b"WEBP":
        raise ValueError("this is no WebP")
    kept, way = [], UPRIGHT
    while not pieces.at_end:
        name = pieces.take(4)
        length = pieces.number(4, "little")
        content = pieces.take(length)
        if length % 2 and not pieces.at_end:
            pieces.take(1)  # chunks begin at even places
        if name == b"EXIF":
            way = orientation_of(content.removeprefix(_JPEG_LIKE))
        elif name in _SHOWN:
            kept.append((name, content))
    if not kept:
        raise ValueError("there is no picture in it")
    if way != UPRIGHT:
        kept.append((b"EXIF", only_orientation(way)))
    body = b"WEBP" + b"".join(_chunk(*_flagged(piece, way)) for piece in kept)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _flagged(piece: tuple[bytes, bytes], way: int) -> tuple[bytes, bytes]:
    """Let the header say what is still there."""
    name, content = piece
    if name != b"VP8X" or not content:
        return piece
    flags = content[0] & ~(_EXIF_FLAG | _XMP_FLAG)
    return name, bytes((flags | (_EXIF_FLAG if way != UPRIGHT else 0),)) + content[1:]


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)
