"""Which way a photograph is up: the one entry of its EXIF data that is needed to show it."""

from __future__ import annotations

from typing import Final

from .pieces import Order, Pieces

_TAG: Final = 0x0112  # EXIF 2.32 section 4.6.4, "Orientation"
_SHORT: Final = 3
_ENTRY: Final = 12
UPRIGHT: Final = 1


def orientation_of(tiff: bytes) -> int:
    """Return it from a block of EXIF data (1 to 8); upright where that is missing or broken."""
    try:
        return _find(tiff)
    except ValueError:
        return UPRIGHT


def only_orientation(value: int) -> bytes:
    """Return a block of EXIF data that says this and nothing else."""
    entry = _TAG.to_bytes(2) + _SHORT.to_bytes(2) + (1).to_bytes(4) + value.to_bytes(2) + bytes(2)
    return b"MM\x00\x2a" + (8).to_bytes(4) + (1).to_bytes(2) + entry + bytes(4)


def _find(tiff: bytes) -> int:
    order: Order = "little" if tiff[:2] == b"II" else "big"
    reader = Pieces(tiff)
    reader.at = 4
    reader.at = reader.number(4, order)
    for _ in range(reader.number(2, order)):
        entry = Pieces(reader.take(_ENTRY))
        tag, kind = entry.number(2, order), entry.number(2, order)
        if (tag, kind) == (_TAG, _SHORT):
            entry.at = 8
            value = entry.number(2, order)
            return value if 1 <= value <= 8 else UPRIGHT
    return UPRIGHT
