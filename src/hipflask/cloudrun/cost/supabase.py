"""Supabase's part of the bill: the plan, the database server, and what goes beyond them."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from hipflask.cloudrun.cost.line import Beyond, Growth, Line
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.cost.use import InstanceUse
from hipflask.cloudrun.prices import SupabasePrices
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.errors import ConfigError

SERVICE: Final = "Supabase"
GB: Final = Decimal(10**9)
SMALLEST_PAID_SIZE: Final = "micro"
_FREE_SIZE: Final = "nano"


class Plan(enum.Enum):
    """Supabase's plans that a small product has."""

    FREE = "free"
    PRO = "pro"


@dataclass(frozen=True, slots=True)
class SupabaseChoice:
    """What is bought from Supabase, for one project.

    ``spend_cap`` is the Pro plan's switch, on by default: beyond the included amounts the services
    stop instead of being charged. It never covers the database server.
    """

    plan: Plan = Plan.FREE
    compute: str = _FREE_SIZE
    spend_cap: bool = True

    @classmethod
    def of(cls, spec: ServiceSpec) -> SupabaseChoice:
        """Take the plan from the database's size: only the Free plan has the smallest one."""
        size = spec.database.compute
        return cls(Plan.FREE if size == _FREE_SIZE else Plan.PRO, size)


def choose(
    spec: ServiceSpec,
    *,
    plan: str | None = None,
    compute: str | None = None,
    spend_cap: bool = True,
) -> SupabaseChoice:
    """Return the choice of a spec with what is said anew; a plan and a size imply each other.

    Raises ConfigError for a Free plan without a spend cap: there is nothing to switch off.
    """
    usual = SupabaseChoice.of(spec)
    if plan is not None:
        wanted = Plan(plan)
    elif compute is not None:
        wanted = Plan.FREE if compute == _FREE_SIZE else Plan.PRO
    else:
        wanted = usual.plan
    if wanted is Plan.FREE and not spend_cap:
        raise ConfigError(
            "Supabase's Free plan never charges, so it has no spend cap to switch off.",
            hint="The Pro plan has one: --supabase-plan pro --no-spend-cap",
        )
    if compute is None:
        smallest = _FREE_SIZE if wanted is Plan.FREE else SMALLEST_PAID_SIZE
        compute = usual.compute if wanted is usual.plan else smallest
    return SupabaseChoice(wanted, compute, spend_cap)


def supabase_lines(
    profile: TrafficProfile, use: InstanceUse, choice: SupabaseChoice, prices: SupabasePrices
) -> list[Line]:
    """Return the lines of a month at Supabase.

    Raises ConfigError for a size that does not exist or that the plan does not have.
    """
    stops = choice.plan is Plan.FREE or choice.spend_cap
    beyond = Beyond.STOPS if stops else Beyond.CHARGED
    plan = prices.free if choice.plan is Plan.FREE else prices.pro
    more = prices.overage
    answers = use.served * profile.database_answer_size
    egress = (answers + profile.download_size) / GB
    cached = profile.cached_download_size / GB
    files, data = profile.file_size / GB, profile.database_size / GB
    metered = [
        ("users", "Monthly users", "users", profile.users, plan.monthly_users, more.monthly_user),
        ("egress", "Traffic", "GB", egress, plan.egress_gb, more.egress_gb),
        ("cached_egress", "Traffic, cached", "GB", cached, plan.cached_egress_gb,
         more.cached_egress_gb),
        ("database", "Database", "GB", data, plan.database_gb, more.database_gb),
        ("storage", "Files", "GB", files, plan.storage_gb, more.storage_gb),
    ]  # fmt: skip
    grows = {"users", "egress", "cached_egress"}
    lines = [
        Line(
            code=f"supabase.{code}",
            service=SERVICE,
            item=item,
            unit=unit,
            used=used,
            free=included,
            price=price,
            beyond=beyond,
            growth=Growth.LINEAR if code in grows else Growth.FIXED,
        )
        for code, item, unit, used, included, price in metered
    ]
    return [*_fixed(choice, prices), *lines]


def _fixed(choice: SupabaseChoice, prices: SupabasePrices) -> list[Line]:
    """Return the plan and the database server, for which Pro has a credit."""
    sizes = prices.compute.sizes
    if choice.compute not in sizes:
        raise ConfigError(
            f"Supabase has no database size {choice.compute!r}.",
            hint=f"It has {', '.join(sizes)}.",
        )
    if (choice.plan is Plan.FREE) != (choice.compute == _FREE_SIZE):
        raise ConfigError(
            f"Supabase's {choice.plan.value} plan has no database of size {choice.compute!r}.",
            hint="The Free plan has nano; the Pro plan has micro and larger ones.",
        )
    if choice.plan is Plan.FREE:
        return []
    return [
        _month("plan", "Pro plan", prices.pro.month),
        _month(
            "compute",
            f"Database server, {choice.compute}",
            sizes[choice.compute],
            prices.pro.compute_credit,
        ),
    ]


def _month(code: str, item: str, price: Decimal, credit: Decimal | None = None) -> Line:
    return Line(
        code=f"supabase.{code}",
        service=SERVICE,
        item=item,
        unit="month",
        used=Decimal(1),
        price=price,
        discount_limit=credit,
    )
