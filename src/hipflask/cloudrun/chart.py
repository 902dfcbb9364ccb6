"""The cost chart as SVG: cost against traffic, with the end of the free tier marked.

One self-contained file without scripts. It follows the reader's light or dark scheme where the
viewer knows it, and is light where it does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import Final

from hipflask.cloudrun.chart_words import ENGLISH, LANGUAGES, ChartWords, money
from hipflask.cloudrun.cost.growth import Growth, Point
from hipflask.cloudrun.cost.report import CostReport
from hipflask.errors import ConfigError

_WIDTH: Final = 800
_HEIGHT: Final = 484
_LEFT: Final = 76
_RIGHT: Final = 772
_TOP: Final = 128
_BOTTOM: Final = 388
_FONTS: Final = (
    "Inter, system-ui, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
)
_STYLE: Final = """
text { font-family: FONTS; font-size: 13px; fill: #1b1d2a }
.title { font-size: 20px; font-weight: 600 }
.muted { fill: #5b6072 }
.paper { fill: #ffffff }
.grid { stroke: #e3e5ee; stroke-width: 1 }
.axis { stroke: #9aa0b4; stroke-width: 1 }
.total { stroke: #3f4fc9; stroke-width: 2.5; fill: none; stroke-linejoin: round }
.area { fill: #3f4fc9; fill-opacity: 0.08 }
.google { stroke: #5b6072; stroke-width: 1.5; fill: none; stroke-dasharray: 2 4 }
.free { stroke: #17733f; stroke-width: 1.5; stroke-dasharray: 6 4 }
.free-text { fill: #17733f; font-weight: 600 }
.refused { stroke: #b3261e; stroke-width: 1.5; stroke-dasharray: 6 4 }
.refused-text { fill: #b3261e; font-weight: 600 }
.here { font-weight: 600; stroke: #ffffff; stroke-width: 5; paint-order: stroke }
.dot { fill: #3f4fc9; stroke: #ffffff; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
text { fill: #eceef6 }
.muted { fill: #a7adc2 }
.paper { fill: #14161f }
.grid { stroke: #2a2e3d }
.axis { stroke: #6b7188 }
.total { stroke: #98a5ff }
.area { fill: #98a5ff; fill-opacity: 0.12 }
.google { stroke: #a7adc2 }
.free { stroke: #62d394 }
.free-text { fill: #62d394 }
.refused { stroke: #ff9a8f }
.refused-text { fill: #ff9a8f }
.here { stroke: #14161f }
.dot { fill: #98a5ff; stroke: #14161f }
}
""".replace("FONTS", _FONTS)


def chart_svg(report: CostReport, growth: Growth, *, language: str = "en") -> str:
    """Return the chart of a report and its growth as an SVG document.

    ``language`` is ``en`` or ``zh-Hans``; another raises ConfigError.
    """
    if language not in LANGUAGES:
        raise ConfigError(
            f"The chart has no language {language!r}.", hint=f"It has {', '.join(LANGUAGES)}."
        )
    drawing = _Drawing(report, growth, LANGUAGES[language])
    return "\n".join(drawing.document()) + "\n"


def chart_png(svg: str, *, scale: int = 2) -> bytes:
    """Return the chart as a PNG, by the renderer of the ``cloud`` extra.

    Raises ConfigError where that is not installed.
    """
    try:
        # Only this function needs it, and only few ask for it.
        import resvg_py
    except ImportError as error:
        raise ConfigError(
            "A chart as PNG needs the package resvg-py.",
            hint='Install it with `pip install "hipflask[cloud]"`, or write an .svg file.',
        ) from error
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=scale))


@dataclass(frozen=True, slots=True)
class _Drawing:
    report: CostReport
    growth: Growth
    words: ChartWords

    def document(self) -> Iterator[str]:
        words = self.words
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
            f'width="{_WIDTH}" height="{_HEIGHT}" role="img" lang="{words.language}" '
            'aria-labelledby="title summary">'
        )
        yield f'<title id="title">{escape(words.title)}</title>'
        yield f'<desc id="summary">{escape(self.summary())}</desc>'
        yield f"<style>{_STYLE}</style>"
        yield f'<rect class="paper" width="{_WIDTH}" height="{_HEIGHT}"/>'
        yield _text(_LEFT - 52, 38, words.title, "title")
        yield from self.legend()
        yield from self.grid()
        yield from self.lines()
        yield from self.markers()
        yield from self.dot()
        date = self.report.bill.prices_as_of
        yield _text(_LEFT - 52, _HEIGHT - 18, words.source.format(date=date), "muted")
        yield "</svg>"

    def summary(self) -> str:
        """What the picture says, for those who do not see it."""
        here = self.growth.here
        parts = [self.here_label(here), self.free_label()]
        refused = self.words.number(self.growth.refused_from.requests)
        parts.append(self.words.refused.format(requests=refused))
        return " · ".join(parts)

    def here_label(self, here: Point) -> str:
        cost = money(here.total)
        return self.words.here.format(cost=cost, requests=self.words.number(here.requests))

    def free_label(self) -> str:
        limit = self.growth.free_end
        if limit is None:
            return self.words.no_free
        ends = self.words.free_end.format(requests=self.words.number(limit.requests))
        opening, closing = ("（", "）") if self.words is not ENGLISH else (" (", ")")
        return f"{ends}{opening}{self.words.item(limit)}{closing}"

    def legend(self) -> Iterator[str]:
        yield f'<path class="total" d="M{_LEFT - 52} 66h28"/>'
        yield _text(_LEFT - 16, 70, self.words.total)
        if self.has_supabase:
            yield f'<path class="google" d="M{_LEFT + 224} 66h28"/>'
            yield _text(_LEFT + 260, 70, self.words.google)

    @property
    def has_supabase(self) -> bool:
        return any(point.supabase for point in self.growth.points)

    def grid(self) -> Iterator[str]:
        step = _step(self.highest)
        for index in range(round(self.highest / step) + 1):
            y = self.y(step * index)
            kind = "axis" if index == 0 else "grid"
            yield f'<path class="{kind}" d="M{_LEFT} {y}H{_RIGHT}"/>'
            yield _text(_LEFT - 10, y + 4, _tick(step * index, step), "muted", "end")
        first, last = self.growth.points[0].requests, self.growth.points[-1].requests
        for exponent in range(round(math.log10(first)), round(math.log10(last)) + 1):
            x = self.x(10**exponent)
            yield f'<path class="axis" d="M{x} {_BOTTOM}v5"/>'
            yield _text(x, _BOTTOM + 22, self.words.number(10**exponent), "muted", "middle")
        yield _text((_LEFT + _RIGHT) / 2, _BOTTOM + 42, self.words.across, "muted", "middle")

    def lines(self) -> Iterator[str]:
        total = self.path(lambda point: point.total)
        yield f'<path class="area" d="M{_LEFT} {_BOTTOM}L{total}L{_RIGHT} {_BOTTOM}Z"/>'
        if self.has_supabase:
            yield f'<path class="google" d="M{self.path(lambda point: point.google)}"/>'
        yield f'<path class="total" d="M{total}"/>'

    def path(self, cost: Callable[[Point], Decimal]) -> str:
        places = [f"{self.x(p.requests)} {self.y(cost(p))}" for p in self.growth.points]
        return "L".join(places)

    def markers(self) -> Iterator[str]:
        free, refused = self.growth.free_end, self.growth.refused_from
        if free is None:
            yield _text(_LEFT, 96, self.free_label(), "free-text")
        elif self.is_inside(free.requests):
            yield from self.marker(free.requests, self.free_label(), "free", 96)
        if self.is_inside(refused.requests):
            label = self.words.refused.format(requests=self.words.number(refused.requests))
            yield from self.marker(refused.requests, label, "refused", 114)

    def marker(self, requests: int, label: str, kind: str, height: int) -> Iterator[str]:
        x = self.x(requests)
        is_left = x < (_LEFT + _RIGHT) / 2
        yield f'<path class="{kind}" d="M{x} {height - 10}V{_BOTTOM}"/>'
        place, anchor = (x + 8, "start") if is_left else (x - 8, "end")
        yield _text(place, height, label, f"{kind}-text", anchor)

    def dot(self) -> Iterator[str]:
        here = self.growth.here
        if not self.is_inside(here.requests):
            return
        x, y = self.x(here.requests), self.y(here.total)
        is_left = x < (_LEFT + _RIGHT) / 2
        yield f'<circle class="dot" cx="{x}" cy="{y}" r="6"/>'
        place, anchor = (x + 10, "start") if is_left else (x - 10, "end")
        yield _text(place, y - 12, self.here_label(here), "here", anchor)

    def is_inside(self, requests: int) -> bool:
        points = self.growth.points
        return points[0].requests <= requests <= points[-1].requests

    @property
    def highest(self) -> Decimal:
        """The top of the cost axis: the dearest point, up to a whole step."""
        dearest = max(max(p.total for p in self.growth.points), self.growth.here.total)
        dearest = max(dearest, Decimal(1))
        step = _step(dearest)
        return step * math.ceil(dearest / step)

    def x(self, requests: int) -> float:
        first, last = self.growth.points[0].requests, self.growth.points[-1].requests
        share = math.log10(requests / first) / math.log10(last / first)
        return round(_LEFT + (_RIGHT - _LEFT) * share, 1)

    def y(self, cost: Decimal) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * float(cost / self.highest), 1)


def _step(highest: Decimal) -> Decimal:
    """Return the distance of the grid's lines: 1, 2 or 5 times a power of ten, 4 to 10 of them."""
    power = Decimal(10) ** (math.floor(math.log10(highest)))
    for factor in (Decimal("0.2"), Decimal("0.5"), Decimal(1)):
        if highest / (power * factor) <= 6:
            return power * factor
    return power * 2


def _tick(cost: Decimal, step: Decimal) -> str:
    return f"${cost:,.0f}" if step >= 1 else f"${cost:,.2f}"


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}"{named}>{escape(words)}</text>'
