"""Sizes and positions, without a pixel.

The rules are imgproxy's (``processing/prepare.go``, ``crop.go`` and ``calc_position.go`` of 3.30):
nothing is ever enlarged, and where that would be needed the asked shape is kept as far as possible.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from hipflask.local.storage.render.transformation import Transformation

#: What the encoders can write at most; a larger result is scaled down as a whole.
LONGEST_SIDE_OF: Final = {"jpeg": 65500, "webp": 16383, "avif": 16384, "gif": 65535}


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height, both at least 1."""

    width: int
    height: int

    @property
    def pixels(self) -> int:
        """Return the area."""
        return self.width * self.height

    def turned(self) -> Size:
        """Return the size of the picture lying on its side."""
        return Size(self.height, self.width)


@dataclass(frozen=True, slots=True)
class Plan:
    """First scale to ``scaled``, then cut out ``cropped``."""

    scaled: Size
    cropped: Size

    @property
    def spare(self) -> tuple[int, int]:
        """Return how many columns and rows fall away."""
        return (
            self.scaled.width - self.cropped.width,
            self.scaled.height - self.cropped.height,
        )


def plan(source: Size, wish: Transformation) -> Plan:
    """Decide the sizes for an upright source."""
    across, down = _shrinks(source, wish)
    scaled = Size(
        max(_rounded(source.width / across), 1),
        max(_rounded(source.height / down), 1),
    )
    cropped = Size(
        min(wish.width or scaled.width, scaled.width),
        min(wish.height or scaled.height, scaled.height),
    )
    return Plan(scaled, cropped)


def corner(plan: Plan, wish: Transformation) -> tuple[int, int]:
    """Return left and top of the part that ``cropped`` keeps."""
    free_across, free_down = plan.spare
    if wish.gravity == "fp":
        left = round(plan.scaled.width * (wish.x_offset or 0.0)) - plan.cropped.width // 2
        top = round(plan.scaled.height * (wish.y_offset or 0.0)) - plan.cropped.height // 2
        return _between(left, free_across), _between(top, free_down)
    gravity = wish.gravity or "ce"
    by_x = _offset(wish.x_offset or 0.0, plan.scaled.width)
    by_y = _offset(wish.y_offset or 0.0, plan.scaled.height)
    left, top = round((free_across + 1) / 2) + by_x, round((free_down + 1) / 2) + by_y
    if gravity.startswith("no"):
        top = by_y
    elif gravity.startswith("so"):
        top = free_down - by_y
    if gravity.endswith("ea"):
        left = free_across - by_x
    elif gravity.endswith("we"):
        left = by_x
    return _between(left, free_across), _between(top, free_down)


def writable(size: Size, kind: str) -> Size:
    """Return the size within what the kind's encoder can write."""
    longest = LONGEST_SIDE_OF.get(kind, 0)
    if not longest or max(size.width, size.height) <= longest:
        return size
    scale = longest / max(size.width, size.height)
    return Size(max(_rounded(size.width * scale), 1), max(_rounded(size.height * scale), 1))


def _shrinks(source: Size, wish: Transformation) -> tuple[float, float]:
    """Return by how much each side is divided: never less than 1, never to less than a pixel."""
    across = source.width / (wish.width or source.width)
    down = source.height / (wish.height or source.height)
    if (across, down) != (1, 1) and wish.resize != "fill":
        if wish.width is None:
            across = down
        elif wish.height is None:
            down = across
        else:
            across = down = (max if wish.resize == "contain" else min)(across, down)
    smallest = min(across, down)
    if smallest < 1:
        across, down = across / smallest, down / smallest
    return min(across, source.width), min(down, source.height)


def _offset(offset: float, side: int) -> int:
    """Return pixels: an offset below 1 is a share of the side."""
    return round(offset if abs(offset) >= 1 else side * offset)


def _between(position: int, highest: int) -> int:
    return max(0, min(position, highest))


def _rounded(value: float) -> int:
    """Round halves up, as Go's math.Round does for positive numbers."""
    return math.floor(value + 0.5)
