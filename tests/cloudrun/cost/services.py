"""Services and profiles whose figures can be worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hipflask.cloudrun.cost.curve import Curve
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.cost.use import InstanceUse
from hipflask.cloudrun.prices import list_prices
from hipflask.cloudrun.quantities import Cpu, Memory
from hipflask.cloudrun.spec import ServiceSpec

METERING = list_prices().cloud_run.metering
NOTHING = Decimal(0)


def service(cpu: str = "1", memory: int = 512, **changes: Any) -> ServiceSpec:
    """Return a service without a start-up boost in a region of Tier 1; memory in MiB."""
    size = {"cpu": Cpu.parse(cpu), "memory": Memory.mebi(memory)}
    given = {"region": "us-central1", "cpu_boost": False, "threads": 80, **size, **changes}
    return ServiceSpec(**given)


def traffic(requests: int | str = 0, **changes: Any) -> TrafficProfile:
    """Return a profile with nothing but requests: no CPU, no bytes, no start-up, no data."""
    nothing = (
        *("cpu", "response_size", "log_size", "startup", "database_answer_size", "users"),
        *("database_size", "file_size", "builds", "images_kept"),
    )
    given = {"curve": Curve.flat(), **dict.fromkeys(nothing, NOTHING), **changes}
    exact = {n: Decimal(v) if isinstance(v, (int, str)) else v for n, v in given.items()}
    return TrafficProfile(requests=Decimal(requests), **exact)


def use(**changes: int | str | Decimal) -> InstanceUse:
    """Return a use of nothing but what is given."""
    names = ("served", "rejected", "busy", "starting", "idle_minimum", "alive", "starts", "boost")
    given = {name: Decimal(changes.get(name, 0)) for name in names}
    return InstanceUse(**given, peak_instances=int(changes.get("peak_instances", 1)))
