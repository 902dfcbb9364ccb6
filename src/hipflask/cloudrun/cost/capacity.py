"""How much one instance can do, and how many of them a load asks for."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import Final

from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.spec import ServiceSpec

# The autoscaler's targets: 60 % of the concurrency and of the CPU (about-instance-autoscaling).
TARGET: Final = Decimal("0.6")
# An instance takes 800 HTTP/1 requests a second at most (Cloud Run's quotas).
REQUESTS_PER_SECOND: Final = Decimal(800)
_BOOSTED: Final = ((Decimal(1), Decimal(2)), (Decimal(2), Decimal(4)), (Decimal(4), Decimal(8)))


def requests_at_once(spec: ServiceSpec) -> int:
    """Return what an instance works on at the same time: what Cloud Run sends, or its threads."""
    return min(spec.effective_concurrency, spec.parallelism)


def usable_vcpus(spec: ServiceSpec) -> Decimal:
    """Return the vCPUs that Python can use: one for each process, however many there are."""
    return min(spec.cpu.vcpus, Decimal(spec.workers))


def requests_per_second(profile: TrafficProfile, spec: ServiceSpec) -> Decimal:
    """Return how many requests of this profile one instance can serve each second."""
    limits = [
        requests_at_once(spec) / profile.service_time(spec.cpu.vcpus),
        REQUESTS_PER_SECOND,
    ]
    if profile.cpu:
        limits.append(usable_vcpus(spec) / profile.cpu)
    return min(limits)


def concurrency_target(concurrency: int) -> Decimal:
    """Return how many requests on an instance make the autoscaler add one.

    Google does not say what 60 % of 1 is; an instance with one request is taken as full.
    """
    return max(Decimal(1), TARGET * concurrency)


def instances_wanted(rate: Decimal, profile: TrafficProfile, spec: ServiceSpec) -> int:
    """Return the instances that a steady rate of requests a second leads to, within min and max."""
    wanted = 0
    if rate:
        on_them = rate * profile.service_time(spec.cpu.vcpus)
        wanted = max(
            1,
            _up(on_them / concurrency_target(spec.effective_concurrency)),
            _up(rate * profile.cpu / (TARGET * spec.cpu.vcpus)),
            _up(rate / requests_per_second(profile, spec)),
        )
    return min(max(wanted, spec.min_instances), spec.effective_max_instances)


def boosted_vcpus(spec: ServiceSpec) -> Decimal:
    """Return the vCPUs of an instance while it starts (start-up CPU boost)."""
    vcpus = spec.cpu.vcpus
    if not spec.cpu_boost:
        return vcpus
    return next((more for most, more in _BOOSTED if vcpus <= most), max(vcpus, Decimal(8)))


def _up(amount: Decimal) -> int:
    return int(amount.to_integral_value(ROUND_CEILING))
