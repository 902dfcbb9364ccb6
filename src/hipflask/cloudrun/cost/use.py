"""How long instances are busy, waiting and alive for a traffic profile.

The model, openly. Within each slot of the curve requests arrive at random (Poisson). The
autoscaler keeps as many instances as 60 % of the concurrency or 60 % of the CPU ask for, never
fewer than gunicorn's threads can serve, within min and max. Requests spread evenly over them.
An instance is busy while at least one request is on it, so overlapping requests share its time:
with ``a`` requests on it on average it is busy ``1 - exp(-a)`` of the time (M/G/infinity). Each
busy interval is rounded up to 100 ms. At concurrency 1 nothing is shared: each request pays for
itself, which needs no model. An instance that nobody asks stays for 15 minutes.

Spreading evenly is the dear side: Cloud Run may do better. Bursts within an hour are not in it;
``simulate.py`` has them. A measured ``instance_seconds`` or ``shared_by`` overrules the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Final

from hipflask.cloudrun.cost.capacity import (
    boosted_vcpus,
    instances_wanted,
    requests_per_second,
)
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.prices import Metering
from hipflask.cloudrun.spec import ServiceSpec

IDLE_RETENTION: Final = Decimal(900)
BOOST_TAIL: Final = Decimal(10)
_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceUse:
    """A month of instances. All times are instance-seconds."""

    served: Decimal
    rejected: Decimal
    # Billed as working: merged and rounded up, without starts and stops.
    busy: Decimal
    # Starting, and ending after SIGTERM: billed as working too.
    starting: Decimal
    # Minimum instances while they wait.
    idle_minimum: Decimal
    # From start to end: what instance-based billing counts.
    alive: Decimal
    starts: Decimal
    peak_instances: int
    # vCPU-seconds that the start-up boost adds.
    boost: Decimal


@dataclass(frozen=True, slots=True)
class _Slot:
    """A slot of the curve over the month."""

    instances: int
    rejected: Decimal
    busy: Decimal
    idle_minimum: Decimal
    alive: Decimal
    starts: Decimal
    # The chance that nobody comes for so long that the last instance ends.
    quiet: Decimal


def instance_use(profile: TrafficProfile, spec: ServiceSpec, metering: Metering) -> InstanceUse:
    """Return what a month of this traffic makes the instances of this service do."""
    shares = profile.curve.shares()
    seconds = metering.month_seconds / len(shares)
    slots = [_slot(profile.requests * share, seconds, profile, spec, metering) for share in shares]
    # The curve's hours come round so often in a month; the number of instances follows each time.
    cycles = metering.month_hours / len(shares)
    started, ended = _changes(slots)
    rejected = _total(slot.rejected for slot in slots)
    served = profile.requests - rejected
    starts = _total(slot.starts for slot in slots) + started * cycles
    busy = _busy(profile, spec, served, _total(slot.busy for slot in slots))
    idle = _total(slot.idle_minimum for slot in slots)
    if profile.instance_seconds is not None or profile.shared_by is not None:
        idle = max(_ZERO, spec.min_instances * metering.month_seconds - busy)
    alive = max(busy, _total(slot.alive for slot in slots) + ended * cycles * IDLE_RETENTION)
    starting = starts * (profile.startup + profile.shutdown)
    if profile.instance_seconds is not None:
        # A measurement is the whole time that is billed: starts and stops are in it.
        alive, starting = busy, _ZERO
    service_time = profile.service_time(spec.cpu.vcpus)
    boosted_for = profile.startup + min(BOOST_TAIL, service_time)
    return InstanceUse(
        served=served,
        rejected=rejected,
        busy=busy,
        starting=starting,
        idle_minimum=idle,
        alive=alive,
        starts=starts,
        peak_instances=max(slot.instances for slot in slots),
        boost=starts * (boosted_vcpus(spec) - spec.cpu.vcpus) * boosted_for,
    )


def rounded_up(seconds: Decimal, step: Decimal) -> Decimal:
    """Round a time up to whole steps."""
    return (seconds / step).to_integral_value(ROUND_CEILING) * step


def _slot(
    requests: Decimal,
    seconds: Decimal,
    profile: TrafficProfile,
    spec: ServiceSpec,
    metering: Metering,
) -> _Slot:
    rate = requests / seconds
    instances = instances_wanted(rate, profile, spec)
    service_time = profile.service_time(spec.cpu.vcpus)
    served = requests
    if instances and rate > (most := instances * requests_per_second(profile, spec)):
        served = most * seconds
    if not served:
        waiting = spec.min_instances * seconds
        quiet = Decimal(0 if spec.min_instances else 1)
        return _Slot(instances, requests, _ZERO, waiting, waiting, _ZERO, quiet)
    each = served / seconds / instances
    if spec.effective_concurrency == 1:
        busy = served * rounded_up(service_time, metering.busy_step)
    else:
        share = _busy_share(each, service_time, metering.busy_step)
        busy = instances * seconds * share
    share = min(Decimal(1), busy / (instances * seconds))
    alive, quiet = Decimal(instances) * seconds, _ZERO
    if instances == 1 and spec.min_instances == 0:
        alive *= 1 - (-each * (service_time + IDLE_RETENTION)).exp()
        quiet = (-each * IDLE_RETENTION).exp()
    idle = idle_minimum(instances, spec.min_instances, share) * seconds
    return _Slot(instances, requests - served, busy, idle, alive, served * quiet, quiet)


def _busy_share(rate: Decimal, service_time: Decimal, step: Decimal) -> Decimal:
    """Return which part of the time one instance is billed as busy, the rounding included.

    An interval with one request is rounded exactly; one of several ends anywhere within a step,
    so half a step is added.
    """
    alone = (-rate * service_time).exp()  # also the chance that nobody is on it
    single = rounded_up(service_time, step) - service_time
    rounding = alone * single + (1 - alone) * step / 2
    return min(Decimal(1), 1 - alone + rate * alone * rounding)


def idle_minimum(instances: int, minimum: int, share: Decimal) -> Decimal:
    """Return how many of the minimum instances wait on average.

    Instances are busy independently of each other; those that wait beyond the minimum are free.
    """
    if not minimum:
        return _ZERO
    if instances <= minimum:
        return instances * (1 - share)
    if share == 1:
        return _ZERO
    waiting, chance = _ZERO, (1 - share) ** instances
    for busy in range(minimum):
        waiting += (minimum - busy) * chance
        # From the chance that so many are busy to that of one more (binomial distribution).
        chance *= share / (1 - share) * (instances - busy) / (busy + 1)
    return waiting


def _busy(
    profile: TrafficProfile, spec: ServiceSpec, served: Decimal, modelled: Decimal
) -> Decimal:
    if profile.instance_seconds is not None:
        return profile.instance_seconds
    if profile.shared_by is not None:
        return served * profile.service_time(spec.cpu.vcpus) / profile.shared_by
    return modelled


def _changes(slots: Sequence[_Slot]) -> tuple[Decimal, Decimal]:
    """Return how many instances start and end between the slots in one round of the curve.

    Those beyond the first follow the load. The first one starts when a slot ends a quiet time, and
    ends when one begins; quiet times within a slot are counted there.
    """
    started = ended = _ZERO
    for before, after in zip(slots, [*slots[1:], slots[0]], strict=True):
        started += max(0, after.instances - max(before.instances, 1))
        started += max(_ZERO, before.quiet - after.quiet)
        ended += max(0, before.instances - max(after.instances, 1))
        ended += max(_ZERO, after.quiet - before.quiet)
    return started, ended


def _total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, _ZERO)
