"""The valid settings nearest to ones that Cloud Run rejects, with their price. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from hipflask.cloudrun.cost.rates import price_per_active_second
from hipflask.cloudrun.flags import sizing_flags
from hipflask.cloudrun.limits import (
    WHOLE_CPUS,
    memory_floor,
    memory_range,
    nearest_cpus,
)
from hipflask.cloudrun.quantities import Cpu, Duration, Memory
from hipflask.cloudrun.regions import find_region
from hipflask.cloudrun.spec import Billing, ExecutionEnvironment, ServiceSpec
from hipflask.cloudrun.validate import sizing_errors
from hipflask.cloudrun.validate.requests import LONGEST, MOST_AT_ONCE

_ONE: Final = WHOLE_CPUS[0]
# Google's pricing page uses this shape in its own Example 4.
_DOCUMENTED: Final = (Cpu(167), Memory.mebi(256))
_HALF: Final = (Cpu(500), Memory.mebi(512))
# gunicorn, one worker and a database driver have room in it.
_COMFORTABLE: Final = Memory.mebi(256)
_RECOMMENDED: Final = Memory.mebi(512)
_MOST_THREADS: Final = 100


@dataclass(frozen=True, slots=True)
class Proposal:
    """A complete spec that Cloud Run takes, and what speaks for and against it.

    ``price`` is in dollars for a second in which one instance works; ``None`` where the region
    has no known price. ``changes`` are the lines to write into ``hipflask.toml``.
    """

    title: str
    spec: ServiceSpec
    comment: str
    flags: tuple[str, ...]
    price: Decimal | None
    changes: tuple[str, ...]
    recommended: bool = False

    @property
    def price_of_a_busy_hour(self) -> Decimal | None:
        """Dollars for an hour of one working instance, free quotas aside."""
        return None if self.price is None else self.price * 3600


def nearest(spec: ServiceSpec) -> list[Proposal]:
    """Return valid specs near one whose size Cloud Run rejects; none for a valid one.

    The first keeps the CPU, the last is recommended. Names, variables and the like stay as they
    are.
    """
    if not sizing_errors(spec):
        return []
    proposals: dict[tuple[str, ...], Proposal] = {}
    for title, candidate, comment in _candidates(spec):
        flags = sizing_flags(candidate)
        if flags not in proposals and not sizing_errors(candidate):
            price = price_per_active_second(candidate) if find_region(spec.region) else None
            changes = _changes(spec, candidate)
            proposals[flags] = Proposal(title, candidate, comment, flags, price, changes)
    return _recommend(list(proposals.values()), sizing_flags(_recommended(spec)))


def _candidates(spec: ServiceSpec) -> Iterator[tuple[str, ServiceSpec, str]]:
    spec = _with_a_server(spec)
    for cpu in nearest_cpus(spec.cpu):
        near = _settled(spec, cpu, spec.memory)
        kept = "Keep" if cpu == spec.cpu else "The nearest CPU:"
        yield f"{kept} {cpu.words}", near, _about(near)
    if spec.cpu.is_fraction:
        yield from _larger_fractions(spec)
    yield from _enough_cpu_for_memory(spec)
    yield from _less_cpu_for_memory(spec)
    yield from _first_generation(spec)
    if spec.cpu <= _ONE:
        yield from _whole_cpu(spec)
    recommended = _recommended(spec)
    yield "The default", recommended, "Valid on both generations, with room for the application."


def _recommended(spec: ServiceSpec) -> ServiceSpec:
    """Return whole vCPUs, at least 512 MiB, paid by request, on either generation.

    Of a CPU that Cloud Run does not have it keeps what the workers and the memory need.
    """
    cpu = max(_ONE, nearest_cpus(spec.cpu)[-1])
    if spec.cpu != cpu:
        enough = [
            each
            for each in WHOLE_CPUS
            if each.vcpus >= spec.workers and memory_range(each).most >= spec.memory
        ]
        cpu = min([cpu, *enough])
    return _settled(
        replace(_with_a_server(spec), billing=Billing.REQUEST),
        cpu,
        max(spec.memory, _RECOMMENDED),
    )


def _larger_fractions(spec: ServiceSpec) -> Iterator[tuple[str, ServiceSpec, str]]:
    """Yield the well-known cheap shapes that take nothing away from what was asked for."""
    for title, (cpu, memory) in (("Google's own example", _DOCUMENTED), ("Half a vCPU", _HALF)):
        if cpu > spec.cpu and memory >= spec.memory:
            near = _settled(spec, cpu, memory)
            yield title, near, _about(near)


def _enough_cpu_for_memory(spec: ServiceSpec) -> Iterator[tuple[str, ServiceSpec, str]]:
    """Yield the smallest CPU that may have the asked memory, where the asked one may not."""
    if spec.memory <= memory_range(nearest_cpus(spec.cpu)[0]).most:
        return
    enough = [
        cpu
        for cpu in (_HALF[0], *WHOLE_CPUS)
        if cpu > spec.cpu and memory_range(cpu).most >= spec.memory
    ]
    near = _settled(spec, enough[0] if enough else WHOLE_CPUS[-1], spec.memory)
    kept = "Keep" if near.memory == spec.memory else "The nearest memory:"
    yield f"{kept} {near.memory}", near, _about(near)


def _less_cpu_for_memory(spec: ServiceSpec) -> Iterator[tuple[str, ServiceSpec, str]]:
    """Yield the largest CPU that may have so little memory, where the asked one may not."""
    if spec.memory >= memory_range(nearest_cpus(spec.cpu)[0]).least:
        return
    for cpu in reversed(WHOLE_CPUS):
        if cpu < spec.cpu and memory_range(cpu).least <= spec.memory:
            near = _settled(spec, cpu, spec.memory)
            yield f"Keep {near.memory}", near, _about(near)
            return


def _first_generation(spec: ServiceSpec) -> Iterator[tuple[str, ServiceSpec, str]]:
    """Yield the first generation with request-based billing: its floor is the lowest."""
    cpu = nearest_cpus(spec.cpu)[0]
    if cpu.is_fraction or spec.memory < memory_range(cpu).least:
        return
    if spec.memory < memory_floor(spec):
        plain = replace(
            spec,
            execution_environment=ExecutionEnvironment.GEN1,
            billing=Billing.REQUEST,
        )
        near = _settled(plain, cpu, spec.memory)
        yield "The first generation", near, _about(near)


def _whole_cpu(spec: ServiceSpec) -> Iterator[tuple[str, ServiceSpec, str]]:
    """Yield a whole vCPU with little memory: the least that keeps the concurrency."""
    near = _settled(spec, _ONE, max(spec.memory, _COMFORTABLE))
    kept = near.concurrency == spec.concurrency and near.concurrency != 1
    title = f"Keep {near.concurrency} requests at once" if kept else "A whole vCPU"
    yield title, near, _about(near)


def _settled(spec: ServiceSpec, cpu: Cpu, memory: Memory) -> ServiceSpec:
    """Return the spec with that CPU, and everything that depends on it brought in line."""
    if cpu.is_fraction:
        spec = replace(
            spec,
            concurrency=1,
            billing=Billing.REQUEST,
            execution_environment=ExecutionEnvironment.GEN1,
        )
    elif not spec.concurrency:
        spec = replace(spec, concurrency=spec.parallelism)
    memory = memory_range(cpu).clamp(max(memory, memory_floor(spec)))
    if not memory.is_binary:
        memory = Memory.mebi(math.ceil(memory.mebibytes))
    return replace(spec, cpu=cpu, memory=memory, threads=_threads(spec))


def _threads(spec: ServiceSpec) -> int:
    """Return enough threads for the concurrency, within reason."""
    wanted = math.ceil((spec.concurrency or 1) / spec.workers)
    return max(spec.threads, wanted) if wanted <= _MOST_THREADS else spec.threads


def _with_a_server(spec: ServiceSpec) -> ServiceSpec:
    """Return the spec with what has nothing to do with CPU within its bounds."""
    concurrency = spec.concurrency or None
    if concurrency is not None and not 1 <= concurrency <= MOST_AT_ONCE:
        concurrency = min(MOST_AT_ONCE, max(1, spec.parallelism))
    return replace(
        spec,
        workers=max(1, spec.workers),
        threads=max(1, spec.threads),
        concurrency=concurrency,
        timeout=Duration(min(LONGEST, max(1, spec.timeout.seconds))),
        port=spec.port if 1 <= spec.port <= 65535 else 8080,
    )


def _about(spec: ServiceSpec) -> str:
    said = []
    if spec.cpu.is_fraction:
        said.append("One request per instance: more visitors at once mean more instances.")
    if spec.memory < _COMFORTABLE:
        said.append(f"{spec.memory} is tight for gunicorn and a database driver.")
    if not spec.cpu.is_fraction and spec.memory < _RECOMMENDED:
        said.append(
            "Needs the first generation. Cloud Run was also seen to ask for 512Mi here: check it"
            " with a first deploy."
        )
    return " ".join(said) or "Valid on both generations."


def _recommend(proposals: list[Proposal], flags: tuple[str, ...]) -> list[Proposal]:
    """Mark the recommended one, put it last, and say from when its price pays."""
    first = proposals[0]
    others = [each for each in proposals if each.flags != flags]
    marked = [each for each in proposals if each.flags == flags]
    for each in marked:
        comment = each.comment
        if first.price and each.price and first.spec.cpu.is_fraction and each is not first:
            times = each.price / first.price
            comment += (
                f" A second costs {times:.1f} times that of the first, so it wins from about"
                f" {max(2, round(times))} requests at once, or when they need the CPU."
            )
        others.append(replace(each, comment=comment, recommended=True))
    return others


def _changes(before: ServiceSpec, after: ServiceSpec) -> tuple[str, ...]:
    """Return the settings that differ, as lines of the file; what is left out has no line."""
    generation, billing = after.effective_generation, after.billing
    unsaid = replace(after, execution_environment=before.execution_environment)
    lines = {
        "cpu": (before.cpu, after.cpu, f"{after.cpu}"),
        "memory": (before.memory, after.memory, f'"{after.memory}"'),
        "concurrency": (before.concurrency, after.concurrency, f"{after.effective_concurrency}"),
        "workers": (before.workers, after.workers, f"{after.workers}"),
        "threads": (before.threads, after.threads, f"{after.threads}"),
        "timeout": (before.timeout, after.timeout, f"{after.timeout.seconds}"),
        "port": (before.port, after.port, f"{after.port}"),
        "execution_environment": (
            unsaid.effective_generation,
            generation,
            f'"{generation.value}"' if generation else "",
        ),
        "billing": (before.billing, billing, f'"{billing.value}"'),
    }
    return tuple(
        f"service.{name} = {text}" for name, (old, new, text) in lines.items() if old != new
    )
