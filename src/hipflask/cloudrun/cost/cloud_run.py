"""Cloud Run's own part of the bill, under both kinds of billing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from hipflask.cloudrun.cost.line import Growth, Line
from hipflask.cloudrun.cost.rates import is_tier_1
from hipflask.cloudrun.cost.use import InstanceUse
from hipflask.cloudrun.prices import (
    CloudRunPrices,
    InstanceBasedPrices,
    RequestBasedPrices,
)
from hipflask.cloudrun.spec import Billing, ServiceSpec

SERVICE: Final = "Cloud Run"
_MILLION: Final = Decimal(1_000_000)


def cloud_run_lines(
    use: InstanceUse, spec: ServiceSpec, prices: CloudRunPrices, free_share: Decimal
) -> list[Line]:
    """Return the lines of CPU, memory, idle minimum instances and requests."""
    first = is_tier_1(spec.region, prices.regions)
    if spec.billing is Billing.INSTANCE:
        return _by_instance(use, spec, prices.instance_based, first, free_share)
    return _by_request(use, spec, prices.request_based, first, free_share)


def _by_request(
    use: InstanceUse,
    spec: ServiceSpec,
    prices: RequestBasedPrices,
    first: bool,
    free_share: Decimal,
) -> list[Line]:
    rates = prices.tier_1 if first else prices.tier_2
    active = use.busy + use.starting
    lines = _compute(
        active * spec.cpu.vcpus + use.boost,
        active * spec.memory.gibibytes,
        (rates.vcpu_second, rates.gib_second),
        (
            prices.free.vcpu_seconds * free_share * prices.tier_1.vcpu_second,
            prices.free.gib_seconds * free_share * prices.tier_1.gib_second,
        ),
    )
    if spec.min_instances:
        # Whether the free part reaches these is not documented, so it is not counted.
        idle = {
            "idle_cpu": ("vCPU-s", spec.cpu.vcpus, rates.idle_vcpu_second),
            "idle_memory": ("GiB-s", spec.memory.gibibytes, rates.idle_gib_second),
        }
        lines += [
            _line(code, unit, use.idle_minimum * size, price)
            for code, (unit, size, price) in idle.items()
        ]
    requests = _line("requests", "requests", use.served, rates.million_requests / _MILLION)
    free = prices.free.requests * free_share
    return [*lines, replace(requests, free=free, growth=Growth.LINEAR)]


def _by_instance(
    use: InstanceUse,
    spec: ServiceSpec,
    prices: InstanceBasedPrices,
    first: bool,
    free_share: Decimal,
) -> list[Line]:
    rates = prices.tier_1 if first else prices.tier_2
    lifetime = use.alive + use.starting
    return _compute(
        lifetime * spec.cpu.vcpus + use.boost,
        lifetime * spec.memory.gibibytes,
        (rates.vcpu_second, rates.gib_second),
        (
            prices.free.vcpu_seconds * free_share * prices.tier_1.vcpu_second,
            prices.free.gib_seconds * free_share * prices.tier_1.gib_second,
        ),
    )


def _compute(
    vcpu_seconds: Decimal,
    gib_seconds: Decimal,
    prices: tuple[Decimal, Decimal],
    worth: tuple[Decimal, Decimal],
) -> list[Line]:
    """Return the lines of CPU and memory.

    The free part is a discount in dollars at Tier 1 prices, so it is fewer seconds in Tier 2. What
    one of the two leaves of it goes to the other: without that Google's first example, whose
    memory alone cannot use its part, does not come out.
    """
    cpu = _line("cpu", "vCPU-s", vcpu_seconds, prices[0])
    memory = _line("memory", "GiB-s", gib_seconds, prices[1])
    left_by_cpu = max(Decimal(0), worth[0] - cpu.gross)
    left_by_memory = max(Decimal(0), worth[1] - memory.gross)
    return [
        replace(cpu, free=worth[0] / prices[0], discount_limit=worth[0] + left_by_memory),
        replace(memory, free=worth[1] / prices[1], discount_limit=worth[1] + left_by_cpu),
    ]


_ITEMS: Final = {
    "cpu": "CPU",
    "memory": "Memory",
    "idle_cpu": "CPU, waiting minimum",
    "idle_memory": "Memory, waiting minimum",
    "requests": "Requests",
}


def _line(code: str, unit: str, used: Decimal, price: Decimal) -> Line:
    return Line(
        code=f"cloud_run.{code}",
        service=SERVICE,
        item=_ITEMS[code],
        unit=unit,
        used=used,
        price=price,
        growth=Growth.MODELLED,
    )
