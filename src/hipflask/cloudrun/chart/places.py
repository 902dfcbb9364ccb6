"""Where a label of the chart has room: beside its mark, off the lines and on the paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# Widths at 13 px, on the generous side; semi-bold is the widest that labels have.
_LETTER: Final = 7.4
_IDEOGRAPH: Final = 13.2
_FIRST_IDEOGRAPH: Final = 0x2E80
_ASCENT: Final = 12
_DESCENT: Final = 4
_GAP: Final = 4


@dataclass(frozen=True, slots=True)
class Place:
    """A point of the paper and how a text hangs on it: ``start``, ``middle`` or ``end``."""

    x: float
    y: float
    anchor: str

    def span(self, width: float) -> tuple[float, float]:
        """Return where a text of that width begins and ends."""
        before = {"start": 0.0, "middle": width / 2, "end": width}[self.anchor]
        return self.x - before, self.x - before + width


@dataclass(frozen=True, slots=True)
class Obstacles:
    """What a label must not lie on: the edges, upright lines, and a curve from left to right."""

    left: float
    right: float
    upright: Sequence[float] = ()
    curve: Sequence[tuple[float, float]] = ()

    def hold(self, place: Place, width: float) -> bool:
        """Tell whether a text of that width is on the paper."""
        start, end = place.span(width)
        return self.left <= start and end <= self.right

    def leave(self, place: Place, width: float) -> bool:
        """Tell whether a text of that width has room at a place."""
        if not self.hold(place, width):
            return False
        start, end = place.span(width)
        if any(start - _GAP < x < end + _GAP for x in self.upright):
            return False
        top, bottom = place.y - _ASCENT - _GAP, place.y + _DESCENT + _GAP
        for (x, y), (next_x, next_y) in zip(self.curve, self.curve[1:], strict=False):
            if x < end and next_x > start and min(y, next_y) < bottom and max(y, next_y) > top:
                return False
        return True


def text_width(text: str) -> float:
    """Return about how wide a text is at 13 px."""
    return sum(_IDEOGRAPH if ord(each) >= _FIRST_IDEOGRAPH else _LETTER for each in text)


def first_free(places: Sequence[Place], text: str, obstacles: Obstacles) -> Place:
    """Return the first place with room for the text, else the first one on the paper."""
    width = text_width(text)
    on_paper = [place for place in places if obstacles.hold(place, width)]
    free = [place for place in on_paper if obstacles.leave(place, width)]
    return (free or on_paper or list(places))[0]
