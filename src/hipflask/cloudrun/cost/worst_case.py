"""The most a month can cost: every instance that is allowed, working all the time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from hipflask.cloudrun.cost.bill import Bill, bill_for
from hipflask.cloudrun.cost.capacity import requests_per_second
from hipflask.cloudrun.cost.line import plain
from hipflask.cloudrun.cost.use import InstanceUse
from hipflask.cloudrun.prices import Prices, list_prices


@dataclass(frozen=True, slots=True)
class WorstCase:
    """A month of an attack or of a hit, for as long as nobody intervenes.

    ``max_instances`` limits the instances' part exactly, but for the moments in which Cloud Run
    exceeds it during a deploy. Requests, traffic and logs follow from how fast the instances can
    answer requests like the profile's.
    """

    bill: Bill
    instances: int
    requests: Decimal

    @property
    def for_instances(self) -> Decimal:
        """Dollars for CPU and memory."""
        kinds = {"cloud_run.cpu", "cloud_run.memory"}
        return sum((li.cost for li in self.bill.lines if li.code in kinds), Decimal(0))

    @property
    def for_traffic(self) -> Decimal:
        """Dollars for everything else."""
        return self.total - self.for_instances

    @property
    def total(self) -> Decimal:
        """All of it."""
        return self.bill.total

    def to_json(self) -> dict[str, Any]:
        """Return it for machines."""
        return {
            "instances": self.instances,
            "requests": plain(self.requests),
            "for_instances": plain(self.for_instances),
            "for_traffic": plain(self.for_traffic),
            "total": plain(self.total),
        }


def worst_case(bill: Bill, prices: Prices | None = None) -> WorstCase:
    """Return the bill of a month in which all allowed instances are busy all the time."""
    prices = prices or list_prices()
    spec = bill.spec
    instances = spec.effective_max_instances
    seconds = instances * prices.cloud_run.metering.month_seconds
    requests = seconds * requests_per_second(bill.profile, spec)
    use = InstanceUse(
        served=requests,
        rejected=Decimal(0),
        busy=seconds,
        starting=Decimal(0),
        idle_minimum=Decimal(0),
        alive=seconds,
        starts=Decimal(instances),
        peak_instances=instances,
        boost=Decimal(0),
    )
    profile = replace(bill.profile, requests=requests)
    worst = bill_for(use, spec, profile, bill.supabase, prices)
    return WorstCase(worst, instances, requests)
