"""How large a source may be.

Supabase's documentation (Storage, Image Transformations, Limits) says 25 MB and 50 megapixels; its
command line sets imgproxy to 25,000,000 bytes, 50 megapixels and 60 frames of an animation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Wider and higher requests are cut to this without an error, as Storage does.
LONGEST_SIDE: Final = 2500


@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused before a pixel is decoded."""

    file_size: int = 25_000_000
    #: Of all frames that are rendered, together.
    pixels: int = 50_000_000
    #: The frames after these are dropped.
    frames: int = 60
    #: How long a request waits for its turn. Storage gives imgproxy as long.
    seconds_to_wait: float = 15.0
