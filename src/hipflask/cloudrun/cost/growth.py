"""What the same product costs with less and with more traffic: the points of a chart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hipflask.cloudrun.cost.bill import estimate
from hipflask.cloudrun.cost.limits import Consequence, Limit
from hipflask.cloudrun.cost.line import plain
from hipflask.cloudrun.cost.report import CostReport
from hipflask.cloudrun.prices import Prices, list_prices

_FEWEST = 1_000


@dataclass(frozen=True, slots=True)
class Point:
    """A month's cost in dollars at so many requests."""

    requests: int
    google: Decimal
    supabase: Decimal

    @property
    def total(self) -> Decimal:
        """Both together."""
        return self.google + self.supabase


@dataclass(frozen=True, slots=True)
class Growth:
    """Cost against traffic, the least traffic first, and where something changes."""

    points: tuple[Point, ...]
    here: Point
    # What costs, or stops, from the first request on; None where nothing does.
    over_anyway: Limit | None
    # The first other free amount that ends, or service that stops.
    free_end: Limit | None
    # The first service that stops instead of charging, if that is not the end of the free tier.
    stops_from: Limit | None
    refused_from: Limit

    def to_json(self) -> dict[str, Any]:
        """Return it for machines."""
        return {
            "over_anyway": None if self.over_anyway is None else self.over_anyway.to_json(),
            "free_end": None if self.free_end is None else self.free_end.to_json(),
            "stops_from": None if self.stops_from is None else self.stops_from.to_json(),
            "refused_from": self.refused_from.to_json(),
            "points": [
                {
                    "requests": point.requests,
                    "google": plain(point.google),
                    "supabase": plain(point.supabase),
                    "total": plain(point.total),
                }
                for point in self.points
            ],
        }


def growth(report: CostReport, *, points: int = 145, prices: Prices | None = None) -> Growth:
    """Return the cost at traffic around this one and around the end of the free tier.

    The points are spread over whole powers of ten, as on a logarithmic axis; the limits among them
    have a point of their own.
    """
    prices = prices or list_prices()
    refused = next(x for x in report.limits if x.consequence is Consequence.REFUSED)
    free = [x for x in report.limits if x.consequence is not Consequence.REFUSED]
    over_anyway = next((x for x in free if not x.requests), None)
    free_end = next((x for x in free if x.requests), None)
    stops = next((x for x in free if x.consequence is Consequence.STOPS and x.requests), None)
    if stops is free_end:
        stops = None
    here = int(report.bill.profile.requests)
    first, last = _range(here, free_end)
    exponents = [first + (last - first) * step / (points - 1) for step in range(points)]
    amounts = {round(10**exponent) for exponent in exponents}
    amounts |= {x.requests for x in report.limits if 10**first < x.requests < 10**last}
    return Growth(
        tuple(_point(report, requests, prices) for requests in sorted(amounts)),
        Point(here, report.bill.google, report.bill.at_supabase),
        over_anyway,
        free_end,
        stops,
        refused,
    )


def _range(here: int, free_end: Limit | None) -> tuple[int, int]:
    """Return the powers of ten between which everything of interest lies."""
    interesting = [max(here, _FEWEST)]
    if free_end is not None:
        interesting.append(max(free_end.requests, _FEWEST))
    first = math.floor(math.log10(min(interesting)))
    last = math.ceil(math.log10(max(interesting) * 3))
    return first, max(last, first + 2)


def _point(report: CostReport, requests: int, prices: Prices) -> Point:
    bill = report.bill
    profile = bill.profile.with_requests(Decimal(requests))
    then = estimate(bill.spec, profile, bill.supabase, prices)
    return Point(requests, then.google, then.at_supabase)
