"""What a simulated stretch of traffic led to, and what a month of it would be billed as."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hipflask.cloudrun.cost.capacity import boosted_vcpus
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.cost.use import BOOST_TAIL, InstanceUse
from hipflask.cloudrun.prices import Metering
from hipflask.cloudrun.spec import ServiceSpec


@dataclass(frozen=True, slots=True)
class Moment:
    """The number of instances from a moment on."""

    at_ms: int
    instances: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What happened. Times are milliseconds; those of instances are sums over all of them."""

    arrived: int
    served: int
    # 429: at the maximum of instances. 500: Cloud Run could not add them fast enough.
    refused_429: int
    refused_500: int
    instances: tuple[Moment, ...]
    starts: int
    peak_instances: int
    peak_waiting: int
    # Starts, stops and requests, merged; as it was, and rounded up as it is billed.
    busy_ms: int
    billed_ms: int
    idle_minimum_ms: int
    alive_ms: int
    lifetime_billed_ms: int
    response_ms: tuple[int, ...]
    duration_ms: int

    def percentile(self, percent: int) -> int:
        """Return the time within which so many of a hundred answers came; 0 without answers."""
        if not self.response_ms:
            return 0
        place = -(-len(self.response_ms) * percent // 100)
        return self.response_ms[max(0, place - 1)]

    def to_json(self) -> dict[str, Any]:
        """Return it for machines; times are milliseconds."""
        return {
            "requests": {
                "arrived": self.arrived,
                "served": self.served,
                "refused_429": self.refused_429,
                "refused_500": self.refused_500,
                "most_waiting": self.peak_waiting,
            },
            "response_ms": {f"p{p}": self.percentile(p) for p in (50, 95, 99, 100)},
            "instances": {
                "peak": self.peak_instances,
                "starts": self.starts,
                "over_time": [[moment.at_ms, moment.instances] for moment in self.instances],
            },
            "busy_ms": self.busy_ms,
            "billed_ms": self.billed_ms,
            "idle_minimum_ms": self.idle_minimum_ms,
            "alive_ms": self.alive_ms,
            "duration_ms": self.duration_ms,
        }

    def for_a_month(
        self, spec: ServiceSpec, profile: TrafficProfile, metering: Metering
    ) -> InstanceUse:
        """Return this as the use of a month, to be billed: the same again until it is over."""
        times = metering.month_seconds * 1000 / max(1, self.duration_ms)
        starts = self.starts * times
        boosted = boosted_vcpus(spec) - spec.cpu.vcpus
        boosted_for = profile.startup + min(BOOST_TAIL, profile.service_time(spec.cpu.vcpus))
        return InstanceUse(
            served=self.served * times,
            rejected=(self.refused_429 + self.refused_500) * times,
            busy=Decimal(self.billed_ms) / 1000 * times,
            starting=Decimal(0),
            idle_minimum=Decimal(self.idle_minimum_ms) / 1000 * times,
            alive=Decimal(self.lifetime_billed_ms) / 1000 * times,
            starts=starts,
            peak_instances=self.peak_instances,
            boost=starts * boosted * boosted_for,
        )
