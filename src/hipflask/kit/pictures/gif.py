"""GIF (GIF89a specification, 1990): blocks, some of them with data in pieces of 255 bytes."""

from __future__ import annotations

from typing import Final

from .pieces import Pieces

_EXTENSION: Final = 0x21
_IMAGE: Final = 0x2C
_TRAILER: Final = 0x3B
_COMMENT: Final = 0xFE
_APPLICATION: Final = 0xFF
_LOOPS: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
"""Applications' blocks that say how often an animation runs; others hold XMP and the like."""


def without_metadata(data: bytes) -> bytes:
    """Return the picture alone, as often as it moves."""
    pieces = Pieces(data)
    kept = bytearray(pieces.take(13))
    kept += pieces.take(_colours(kept[10]))
    while True:
        kind = pieces.number(1, "big")
        if kind == _TRAILER:
            kept.append(_TRAILER)
            return bytes(kept)
        if kind == _IMAGE:
            about = pieces.take(9)
            colours = pieces.take(_colours(about[8]))
            kept += bytes((_IMAGE,)) + about + colours + pieces.take(1) + _parts(pieces)
        elif kind == _EXTENSION:
            label = pieces.number(1, "big")
            parts = _parts(pieces)
            is_loop = parts[1:12] in _LOOPS
            if label not in (_COMMENT, _APPLICATION) or (label == _APPLICATION and is_loop):
                kept += bytes((_EXTENSION, label)) + parts
        else:
            raise ValueError("no block where one must be")


def _colours(packed: int) -> int:
    """Return the length of the colour table that a packed field tells of."""
    return 3 * 2 ** ((packed & 7) + 1) if packed & 0x80 else 0


def _parts(pieces: Pieces) -> bytes:
    parts = bytearray()
    while size := pieces.number(1, "big"):
        parts += bytes((size,)) + pieces.take(size)
    return bytes(parts) + b"\x00"
