"""Everything `hipflask cloud cost` has to say about a service and a traffic profile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from hipflask.cloudrun.cost.bill import Bill, bill_for, estimate
from hipflask.cloudrun.cost.capacity import instances_wanted
from hipflask.cloudrun.cost.limits import Limit, limits
from hipflask.cloudrun.cost.line import plain
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.cost.profile_words import profile_json, profile_sentences, service_json
from hipflask.cloudrun.cost.supabase import SMALLEST_PAID_SIZE, Plan, SupabaseChoice
from hipflask.cloudrun.cost.worst_case import WorstCase, worst_case
from hipflask.cloudrun.prices import Prices, list_prices
from hipflask.cloudrun.spec import Billing, ServiceSpec

_NO_MAXIMUM: Final = 10**9


@dataclass(frozen=True, slots=True)
class CostReport:
    """A bill, the limits that more traffic reaches (the first one first), and the worst month."""

    bill: Bill
    limits: tuple[Limit, ...]
    worst_case: WorstCase
    month_seconds: Decimal
    # The nearest choice at Supabase with which nothing stops, and what the month costs then; None
    # where nothing stops, or where no choice helps.
    remedy: Bill | None = None

    @property
    def next_limit(self) -> Limit:
        """The first limit that this traffic has not passed; there is always the instances' own."""
        ahead = [limit for limit in self.limits if not limit.is_passed_by(self.bill)]
        return ahead[0] if ahead else self.limits[-1]

    @property
    def instances_needed(self) -> int:
        """How many instances the busiest hour asks for, whatever the maximum is."""
        unbounded = replace(self.bill.spec, max_instances=_NO_MAXIMUM)
        shares = self.bill.profile.curve.shares()
        rate = self.bill.profile.requests * max(shares) * len(shares) / self.month_seconds
        return instances_wanted(rate, self.bill.profile, unbounded)

    def assumptions(self) -> tuple[str, ...]:
        """Return what the figures rest on, a sentence each."""
        bill = self.bill
        said = [
            *profile_sentences(bill.profile),
            f"List prices in US dollars before tax, read on {bill.prices_as_of} or later.",
        ]
        if bill.profile.instance_seconds is not None or bill.profile.shared_by is not None:
            said.append("Instance time follows from the measurement in the profile.")
        elif bill.spec.effective_concurrency > 1 and bill.spec.billing is Billing.REQUEST:
            said.append(
                "Requests arrive at random within each hour and spread evenly over the instances; "
                "those that overlap share an instance's time."
            )
        said.append("Traffic to browsers is priced as to North America; elsewhere it costs more.")
        if bill.profile.free_share == 1:
            said.append(
                "The free tier belongs to the billing account; other projects on it use it too."
            )
        if bill.has_spill:
            said.append(
                "What memory leaves of the free tier counts for CPU, and the other way round, as "
                "in Google's first example."
            )
        if bill.spec.min_instances:
            said.append("Waiting minimum instances are taken to have no part in the free tier.")
        return tuple(said)

    def to_json(self) -> dict[str, Any]:
        """Return all of it for machines."""
        return {
            **self.bill.to_json(),
            "service": service_json(self.bill.spec),
            "profile": profile_json(self.bill.profile),
            "supabase_plan": _choice_json(self.bill)["supabase_plan"],
            "limits": [limit.to_json() for limit in self.limits],
            "next_limit": self.next_limit.to_json(),
            "worst_case": self.worst_case.to_json(),
            "remedy": None if self.remedy is None else _choice_json(self.remedy),
            "assumptions": list(self.assumptions()),
        }


def cost_report(
    spec: ServiceSpec,
    profile: TrafficProfile,
    supabase: SupabaseChoice | None = None,
    prices: Prices | None = None,
) -> CostReport:
    """Return the bill of a month, what comes first when it grows, and the most it can cost."""
    prices = prices or list_prices()
    month = prices.cloud_run.metering.month_seconds
    bill = estimate(spec, profile, supabase, prices)
    return CostReport(
        bill,
        tuple(limits(bill, prices)),
        worst_case(bill, prices),
        month,
        _remedy(bill, prices),
    )


def _remedy(bill: Bill, prices: Prices) -> Bill | None:
    """Return the bill with the smallest choice at Supabase that stops nothing."""
    if not bill.stopped:
        return None
    size = bill.supabase.compute if bill.supabase.plan is Plan.PRO else SMALLEST_PAID_SIZE
    for spend_cap in (True, False):
        choice = SupabaseChoice(Plan.PRO, size, spend_cap)
        other = bill_for(bill.use, bill.spec, bill.profile, choice, prices)
        if not other.stopped:
            return other
    return None


def _choice_json(bill: Bill) -> dict[str, Any]:
    choice = bill.supabase
    plan = {"plan": choice.plan.value, "compute": choice.compute, "spend_cap": choice.spend_cap}
    return {"supabase_plan": plan, "total": plain(bill.total)}
