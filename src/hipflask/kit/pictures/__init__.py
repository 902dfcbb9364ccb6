"""Pictures without what they tell beside the picture: where and when, with which camera, by whom.

Phones write the place into each photograph (EXIF's GPS, XMP, a film behind the picture). These
modules take a file apart into its pieces and keep those that a browser needs to show it: nothing
is decoded, so nothing gets worse, and no picture library is needed. The way up is kept, because
without it photographs lie on their side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from . import gif, jpeg, png, webp

_BY_BEGINNING: Final[tuple[tuple[bytes, Callable[[bytes], bytes]], ...]] = (
    (b"\xff\xd8\xff", jpeg.without_metadata),
    (b"\x89PNG\r\n\x1a\n", png.without_metadata),
    (b"GIF87a", gif.without_metadata),
    (b"GIF89a", gif.without_metadata),
    (b"RIFF", webp.without_metadata),
)


def without_metadata(picture: bytes) -> bytes:
    """Return a JPEG, PNG, GIF or WebP with nothing in it but the picture and which way is up.

    What stands behind the picture's end goes too. Raises ValueError for anything else, and for a
    file that is cut off or broken.
    """
    for beginning, strip in _BY_BEGINNING:
        if picture.startswith(beginning):
            return strip(picture)
    raise ValueError("this is no picture of a known kind")
