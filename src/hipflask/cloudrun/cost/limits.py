"""At which traffic something changes: a free amount ends, a service stops, requests are refused."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any, Final

from hipflask.cloudrun.cost.bill import Bill, estimate
from hipflask.cloudrun.cost.capacity import requests_per_second
from hipflask.cloudrun.cost.line import Growth, Line
from hipflask.cloudrun.prices import Prices, list_prices

_NEVER: Final = 10**13
_FEW: Final = Decimal(1_000)
_NOISE: Final = Decimal("1e-9")


class Consequence(enum.Enum):
    """What happens beyond a limit."""

    CHARGED = "charged"
    STOPS = "stops"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Limit:
    """The most requests a month with which a limit still holds; 0 = it is broken without any."""

    code: str
    service: str
    item: str
    requests: int
    consequence: Consequence

    @property
    def name(self) -> str:
        """What it is about, as in a sentence."""
        first = self.item if self.item.startswith("CPU") else self.item[0].lower() + self.item[1:]
        return f"{self.service}, {first}"

    def is_passed_by(self, bill: Bill) -> bool:
        """Tell whether the bill's traffic is beyond it."""
        return bill.profile.requests > self.requests

    def to_json(self) -> dict[str, Any]:
        """Return the limit for machines."""
        return {
            "code": self.code,
            "service": self.service,
            "item": self.item,
            "requests": self.requests,
            "consequence": self.consequence.value,
        }


def limits(bill: Bill, prices: Prices | None = None) -> list[Limit]:
    """Return all limits that more traffic would reach, the first one first.

    Users, downloads, logs and traffic are taken to grow with the requests; stored data, builds and
    jobs do not, so those count only where they are beyond their limit already.
    """
    prices = prices or list_prices()
    found = [_capacity(bill, prices)]
    for line in bill.lines:
        if line.free is None:
            continue
        most = _most_requests(line, bill, prices)
        if most is not None:
            consequence = Consequence.STOPS if line.stops else Consequence.CHARGED
            found.append(Limit(line.code, line.service, line.item, most, consequence))
    return sorted(found, key=lambda limit: limit.requests)


def free_until(found: list[Limit]) -> int:
    """Return the most requests a month that cost nothing more and break nothing."""
    return min(limit.requests for limit in found)


def _capacity(bill: Bill, prices: Prices) -> Limit:
    """Return what all instances can serve, with the busiest hour as full as it can be."""
    shares = bill.profile.curve.shares()
    seconds = prices.cloud_run.metering.month_seconds / len(shares)
    rate = bill.spec.effective_max_instances * requests_per_second(bill.profile, bill.spec)
    most = _floor(rate * seconds / max(shares))
    item = f"Maximum of {bill.spec.effective_max_instances} instances"
    return Limit("cloud_run.max_instances", "Cloud Run", item, most, Consequence.REFUSED)


def _most_requests(line: Line, bill: Bill, prices: Prices) -> int | None:
    """Return the most requests that keep a line within its free amount; None: any number does."""
    free = line.free or Decimal(0)

    def then(requests: Decimal) -> Line:
        profile = bill.profile.with_requests(requests)
        return estimate(bill.spec, profile, bill.supabase, prices).line(line.code)

    def used(requests: Decimal) -> Decimal:
        return then(requests).used

    if line.growth is Growth.FIXED:
        return 0 if line.used > free else None
    if line.discount_limit is not None:
        # CPU and memory share the free tier's dollars, so the bill says when they are gone.
        return _bisect(lambda requests: not then(Decimal(requests)).cost)
    if line.growth is Growth.MODELLED:
        return _bisect(lambda requests: used(Decimal(requests)) <= free)
    # Refused requests would bend the line; the limit of the instances stands for them.
    bent = bill.use.rejected or not bill.profile.requests
    some = _FEW if bent else bill.profile.requests
    without = used(Decimal(0))
    each = (used(some) - without) / some
    if without > free:
        return 0
    return _floor((free - without) / each) if each else None


def _bisect(fits: Callable[[int], bool]) -> int | None:
    """Return the largest number up to which all fit; None if every number does.

    Starts are most frequent where visitors are rare, so more traffic may fit again: the steps are
    short enough not to pass over that.
    """
    if not fits(0):
        return 0
    low, high = 0, 100
    while fits(high):
        low, high = high, high * 3 // 2
        if high > _NEVER:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        if fits(middle):
            low = middle
        else:
            high = middle
    return low


def _floor(amount: Decimal) -> int:
    # 28 digits of a quotient may end in …999 where the exact amount is whole.
    return int((amount + _NOISE).to_integral_value(ROUND_FLOOR))
