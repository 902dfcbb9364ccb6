"""What kind of picture a file is and how large it says it is, by its first bytes.

The name and the declared content type are the uploader's word; only the bytes count. Read before
any decoder is asked, because some reserve memory for the whole picture when they open it.
"""

from __future__ import annotations

import io
import os
import struct
from typing import BinaryIO, Final

from hipflask.local.storage.render.errors import (
    file_too_large,
    invalid_source,
    resolution_too_large,
)
from hipflask.local.storage.render.geometry import Size
from hipflask.local.storage.render.limits import Limits

_HEAD: Final = 4096
_BEGINNINGS: Final = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
    (b"\x00\x00\x01\x00", "ico"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
)
_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
_PNG: Final = _BEGINNINGS[1][0]
_XML_BEGINNINGS: Final = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<\x00", b"\xfe\xff\x00<")


def checked_size(file: BinaryIO, limits: Limits) -> int:
    """Return the file's size. Raises RenderError when it is too large or empty."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if size > limits.file_size:
        raise file_too_large()
    if not size:
        raise invalid_source()
    return size


def kind_of(file: BinaryIO) -> str:
    """Return the kind of picture, or ``xml``, which may be one. Raises RenderError for others."""
    file.seek(0)
    head = file.read(_HEAD)
    file.seek(0)
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning):
            return kind
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp" and _brands(head) & _AVIF_BRANDS:
        return "avif"
    if head.lstrip(b" \t\r\n").startswith(_XML_BEGINNINGS):
        return "xml"
    raise invalid_source()


def check_webp_canvas(file: BinaryIO, limits: Limits) -> None:
    """Refuse a WebP that announces too many pixels: its decoder reserves them when it opens.

    The layout is that of RFC 9649, sections 2.5 to 2.7.
    """
    head = file.read(30).ljust(30, b"\0")
    file.seek(0)
    kind = head[12:16]
    if kind == b"VP8X":
        across = int.from_bytes(head[24:27], "little") + 1
        down = int.from_bytes(head[27:30], "little") + 1
    elif kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        across, down = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        across, down = (side & 0x3FFF for side in struct.unpack("<HH", head[26:30]))
    check_pixels(Size(across, down), limits)


def largest_icon(file: BinaryIO) -> tuple[str, BinaryIO]:
    """Return the largest picture of an icon as a file of its own, ``png`` or ``ico``.

    What an icon's directory says of a picture's size need not be true of the picture.
    """
    content = file.read()
    count = int.from_bytes(content[4:6], "little")
    best: tuple[int, bytes] | None = None
    for place in range(6, min(6 + 16 * count, len(content) - 15), 16):
        entry = content[place : place + 16]
        area = (entry[0] or 256) * (entry[1] or 256)
        if best is None or area > best[0]:
            best = area, entry
    if best is None:
        raise invalid_source()
    entry = best[1]
    length, start = struct.unpack("<II", entry[8:16])
    picture = content[start : start + length]
    if picture.startswith(_PNG):
        return "png", io.BytesIO(picture)
    across, down = struct.unpack("<ii", picture[4:12].ljust(8, b"\0"))
    # The mask lies below the picture, so it counts twice as high.
    if not (0 < across <= 256 and 0 < down <= 512):
        raise invalid_source()
    alone = content[:4] + struct.pack("<H", 1) + entry[:8] + struct.pack("<II", length, 22)
    return "ico", io.BytesIO(alone + picture)


def check_pixels(size: Size, limits: Limits, frames: int = 1) -> None:
    """Refuse more pixels than the limit, over all frames."""
    if size.width < 1 or size.height < 1:
        raise invalid_source()
    if size.pixels * max(frames, 1) > limits.pixels:
        raise resolution_too_large()


def _brands(head: bytes) -> set[bytes]:
    """Return the brands of an ISO media file (ISO/IEC 14496-12, the file type box)."""
    length = min(int.from_bytes(head[:4], "big"), len(head))
    return {head[8:12], *(head[place : place + 4] for place in range(16, length - 3, 4))}
