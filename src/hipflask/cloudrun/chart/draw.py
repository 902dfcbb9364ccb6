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

from hipflask.cloudrun.chart.places import Obstacles, Place, first_free
from hipflask.cloudrun.chart.words import LANGUAGES, ChartWords, money
from hipflask.cloudrun.cost.growth import Growth, Point
from hipflask.cloudrun.cost.limits import Limit
from hipflask.cloudrun.cost.report import CostReport
from hipflask.errors import ConfigError

_WIDTH: Final = 800
_HEIGHT: Final = 502
_LEFT: Final = 76
_RIGHT: Final = 772
_EDGE: Final = 12
# Above it the marks have a row each for their labels.
_TOP: Final = 146
_BOTTOM: Final = 406
_FIRST_ROW: Final = 96
_ROW: Final = 18
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
.stops { stroke: #8a5300; stroke-width: 1.5; stroke-dasharray: 6 4 }
.stops-text { fill: #8a5300; font-weight: 600 }
.refused { stroke: #b3261e; stroke-width: 1.5; stroke-dasharray: 6 4 }
.refused-text { fill: #b3261e; font-weight: 600 }
.here { font-weight: 600 }
.label { stroke: #ffffff; stroke-width: 5; paint-order: stroke; stroke-linejoin: round }
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
.stops { stroke: #f0b866 }
.stops-text { fill: #f0b866 }
.refused { stroke: #ff9a8f }
.refused-text { fill: #ff9a8f }
.label { stroke: #14161f }
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
        if self.growth.over_anyway is not None:
            over = self.over_anyway_label(self.growth.over_anyway)
            yield _text(_LEFT - 52, _HEIGHT - 36, over, "free-text")
        date = self.report.bill.prices_as_of
        yield _text(_LEFT - 52, _HEIGHT - 18, words.source.format(date=date), "muted")
        yield "</svg>"

    def summary(self) -> str:
        """What the picture says, for those who do not see it."""
        here = self.growth.here
        stops = self.growth.stops_from
        parts = [self.here_label(here)]
        if self.growth.over_anyway is not None:
            parts.append(self.over_anyway_label(self.growth.over_anyway))
        if self.growth.free_end is not None:
            parts.append(self.limit_label(self.words.free_end, self.growth.free_end))
        if stops is not None:
            parts.append(self.limit_label(self.words.stops, stops))
        parts.append(self.limit_label(self.words.refused, self.growth.refused_from))
        return " · ".join(parts)

    def here_label(self, here: Point) -> str:
        cost = money(here.total)
        return self.words.here.format(cost=cost, requests=self.words.number(here.requests))

    def over_anyway_label(self, limit: Limit) -> str:
        return self.words.over_anyway.format(item=self.words.item(limit))

    def limit_label(self, template: str, limit: Limit) -> str:
        requests = self.words.number(limit.requests)
        return template.format(requests=requests, item=self.words.item(limit))

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
        """Mark where the free tier ends, where a service stops and where requests are refused.

        Each has a row of its own for its label, so only the lines of those above can be in the way.
        """
        height = _FIRST_ROW
        above: list[float] = []
        for kind, template, limit in self.marked():
            x, label = self.x(limit.requests), self.limit_label(template, limit)
            yield f'<path class="{kind}" d="M{x} {height - 10}V{_BOTTOM}"/>'
            places = [Place(x + 8, height, "start"), Place(x - 8, height, "end")]
            place = first_free(places, label, Obstacles(_EDGE, _WIDTH - _EDGE, above))
            yield _label(place, label, f"{kind}-text")
            above.append(x)
            height += _ROW

    def marked(self) -> Iterator[tuple[str, str, Limit]]:
        """Yield the limits in sight, with the class and the words of their marks."""
        words, growth = self.words, self.growth
        limits = [
            ("free", words.free_end, growth.free_end),
            ("stops", words.stops, growth.stops_from),
            ("refused", words.refused, growth.refused_from),
        ]
        for kind, template, limit in limits:
            if limit is not None and self.is_inside(limit.requests):
                yield kind, template, limit

    def dot(self) -> Iterator[str]:
        here = self.growth.here
        if not self.is_inside(here.requests):
            return
        x, y, label = self.x(here.requests), self.y(here.total), self.here_label(here)
        yield f'<circle class="dot" cx="{x}" cy="{y}" r="6"/>'
        places = [Place(x - 12, y - 12, "end"), Place(x + 12, y - 12, "start")]
        places += [Place(x, y - 20, "middle"), Place(x + 12, y + 24, "start")]
        places += [Place(x, y - 40, "middle"), Place(x - 12, y - 40, "end")]
        marks = [self.x(limit.requests) for _, _, limit in self.marked()]
        curve = [(self.x(p.requests), self.y(p.total)) for p in self.growth.points]
        place = first_free(places, label, Obstacles(_LEFT, _WIDTH - _EDGE, marks, curve))
        yield _label(place, label, "here")

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


def _label(place: Place, words: str, kind: str) -> str:
    return _text(place.x, place.y, words, f"label {kind}", place.anchor)


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}"{named}>{escape(words)}</text>'
