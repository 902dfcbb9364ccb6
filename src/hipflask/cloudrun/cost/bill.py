"""A month's bill: all lines of Google and Supabase for one service and one traffic profile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from hipflask.cloudrun.cost.cloud_run import cloud_run_lines
from hipflask.cloudrun.cost.line import Line, plain
from hipflask.cloudrun.cost.neighbours import neighbour_lines
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.cost.supabase import SERVICE as SUPABASE
from hipflask.cloudrun.cost.supabase import SupabaseChoice, supabase_lines
from hipflask.cloudrun.cost.use import InstanceUse, instance_use
from hipflask.cloudrun.prices import Prices, list_prices
from hipflask.cloudrun.spec import ServiceSpec


@dataclass(frozen=True, slots=True)
class Bill:
    """What a month costs, line by line, in dollars before tax."""

    spec: ServiceSpec
    profile: TrafficProfile
    supabase: SupabaseChoice
    use: InstanceUse
    lines: tuple[Line, ...]
    prices_as_of: date

    @property
    def total(self) -> Decimal:
        """What is to pay."""
        return _sum(line.cost for line in self.lines)

    @property
    def google(self) -> Decimal:
        """Google's part of it."""
        return _sum(line.cost for line in self.lines if line.service != SUPABASE)

    @property
    def at_supabase(self) -> Decimal:
        """Supabase's part of it."""
        return _sum(line.cost for line in self.lines if line.service == SUPABASE)

    @property
    def stopped(self) -> tuple[Line, ...]:
        """What is beyond an amount at which the service stops rather than charges."""
        return tuple(line for line in self.lines if line.is_exceeded and line.stops)

    @property
    def is_free(self) -> bool:
        """Whether nothing is to pay and nothing stops."""
        return self.total == 0 and not self.stopped

    @property
    def has_spill(self) -> bool:
        """Whether CPU or memory took more of the free tier's discount than its own part."""
        cpu, memory = self.line("cloud_run.cpu"), self.line("cloud_run.memory")
        return cpu.is_exceeded != memory.is_exceeded

    def line(self, code: str) -> Line:
        """Return the line with a code; raises KeyError where the bill has none."""
        for line in self.lines:
            if line.code == code:
                return line
        raise KeyError(code)

    def to_json(self) -> dict[str, Any]:
        """Return the bill for machines; amounts are text, exactly as computed."""
        use = self.use
        return {
            "currency": "USD",
            "prices_as_of": self.prices_as_of.isoformat(),
            "total": plain(self.total),
            "google": plain(self.google),
            "supabase": plain(self.at_supabase),
            "requests": {
                "month": plain(self.profile.requests),
                "served": plain(use.served),
                "rejected": plain(use.rejected),
            },
            "instances": {
                "peak": use.peak_instances,
                "starts": plain(use.starts),
                "busy_seconds": plain(use.busy),
                "starting_seconds": plain(use.starting),
                "idle_minimum_seconds": plain(use.idle_minimum),
                "alive_seconds": plain(use.alive),
            },
            "lines": [line.to_json() for line in self.lines],
        }


def estimate(
    spec: ServiceSpec,
    profile: TrafficProfile,
    supabase: SupabaseChoice | None = None,
    prices: Prices | None = None,
) -> Bill:
    """Return the bill of a month with this traffic.

    Raises ConfigError for a region without a price and for a database that the plan does not have.
    """
    prices = prices or list_prices()
    use = instance_use(profile, spec, prices.cloud_run.metering)
    return bill_for(use, spec, profile, supabase, prices)


def bill_for(
    use: InstanceUse,
    spec: ServiceSpec,
    profile: TrafficProfile,
    supabase: SupabaseChoice | None = None,
    prices: Prices | None = None,
) -> Bill:
    """Return the bill for instances whose use is known: simulated, measured or assumed."""
    prices = prices or list_prices()
    choice = supabase or SupabaseChoice.of(spec)
    lines = (
        *cloud_run_lines(use, spec, prices.cloud_run, profile.free_share),
        *neighbour_lines(profile, use, spec, prices),
        *supabase_lines(profile, use, choice, prices.supabase),
    )
    return Bill(spec, profile, choice, use, lines, _oldest(prices))


def _oldest(prices: Prices) -> date:
    """Return the day since which all figures are at least as new."""
    return min(group.as_of for group in prices.groups())


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
