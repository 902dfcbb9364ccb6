"""PNG (W3C PNG third edition, section 5): chunks with a name, a length and a checksum."""

from __future__ import annotations

import zlib
from typing import Final

from .orientation import UPRIGHT, only_orientation, orientation_of
from .pieces import Pieces

_SHOWN: Final = frozenset(
    {b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"bKGD", b"pHYs"}
    | {b"acTL", b"fcTL", b"fdAT"}  # an animation
)
_CRITICAL: Final = 0x20  # section 5.4: this bit of the name's first byte is 0


def without_metadata(data: bytes) -> bytes:
    """Return the picture alone: no texts, no times, nothing behind its end."""
    pieces = Pieces(data)
    kept = bytearray(pieces.take(8))
    while True:
        length = pieces.number(4, "big")
        name, content, checksum = pieces.take(4), pieces.take(length), pieces.take(4)
        if name == b"eXIf":
            kept += _upright(content)
        elif name in _SHOWN or not name[0] & _CRITICAL:
            kept += length.to_bytes(4) + name + content + checksum
        if name == b"IEND":
            return bytes(kept)


def _upright(exif: bytes) -> bytes:
    way = orientation_of(exif)
    if way == UPRIGHT:
        return b""
    content = only_orientation(way)
    checksum = zlib.crc32(b"eXIf" + content)
    return len(content).to_bytes(4) + b"eXIf" + content + checksum.to_bytes(4)
