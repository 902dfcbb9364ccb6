"""Rules of memory: floors, what goes with how much CPU, and whether the server fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Final

from hipflask.cloudrun.finding import Finding, Severity
from hipflask.cloudrun.limits import WHOLE_CPUS, is_allowed, memory_floor, memory_range
from hipflask.cloudrun.quantities import Memory
from hipflask.cloudrun.spec import Billing, ExecutionEnvironment, ServiceSpec
from hipflask.cloudrun.validate import sources

_REJECTED: Final = "limits.memory: Invalid value specified for memory. Total memory < 512 Mi"

# Measured under load, in MiB: gunicorn's master, then each worker. Threads cost next to nothing.
_MASTER: Final = 37
_WORKER: Final = 31
# The rest is for responses, uploads and files: Cloud Run's file system lives in memory.
_USABLE: Final = Decimal("0.75")


def check_floor(spec: ServiceSpec) -> Iterator[Finding]:
    """128 MiB; 512 MiB on the second generation, and for instance-based billing on either."""
    floor = memory_floor(spec)
    if spec.memory >= floor:
        return
    by_request = replace(spec, billing=Billing.REQUEST)
    on_the_first = replace(spec, execution_environment=ExecutionEnvironment.GEN1)
    other = ""
    if spec.billing is Billing.INSTANCE:
        why = "Instance-based billing (CPU always allocated) wants at least 512 MiB."
        if _has_enough(by_request):
            other = ', or service.billing = "request"'
        words = "cpu always allocated (unthrottled)."
        source = sources.SERVER
    elif spec.execution_environment is ExecutionEnvironment.GEN2:
        why = "The second generation wants at least 512 MiB; the first takes 128 MiB."
        if _has_enough(on_the_first):
            other = ', or service.execution_environment = "gen1"'
        words = "gen2 execution environment."
        source = sources.MEMORY
    else:
        why, words = "128 MiB is the least that any instance has.", ""
        source = sources.MEMORY
    yield Finding(
        "memory-below-minimum",
        Severity.ERROR,
        "service.memory",
        f"{spec.memory} is less memory than Cloud Run gives such an instance.",
        why,
        f'Set service.memory = "{_least(spec)}"{other}.',
        f"{_REJECTED} is not supported with {words}" if words else "",
        source,
    )


def _least(spec: ServiceSpec) -> Memory:
    """Return the least memory that the generation, the billing and the CPU leave together."""
    floor = memory_floor(spec)
    return max(floor, memory_range(spec.cpu).least) if is_allowed(spec.cpu) else floor


def _has_enough(spec: ServiceSpec) -> bool:
    return spec.memory >= _least(spec)


def check_range(spec: ServiceSpec) -> Iterator[Finding]:
    """Each amount of CPU has a least and a most memory."""
    if not is_allowed(spec.cpu):
        return
    allowed = memory_range(spec.cpu)
    if spec.memory > allowed.most:
        yield _too_much(spec, _least(spec), allowed.most)
    elif spec.memory < allowed.least and spec.memory >= memory_floor(spec):
        yield _too_little(spec, allowed.least, allowed.most)


def _too_much(spec: ServiceSpec, least: Memory, most: Memory) -> Finding:
    enough = [cpu for cpu in WHOLE_CPUS if memory_range(cpu).most >= spec.memory]
    other = f", or service.cpu = {enough[0]}" if enough else ""
    return Finding(
        "memory-above-cpu",
        Severity.ERROR,
        "service.memory",
        f"{spec.memory} is more memory than an instance with {spec.cpu.words} may have.",
        f"It may have {least} to {most}."
        + (
            " Below 1 vCPU, more than 512Mi wants at least 0.5 vCPU, more than 1Gi a whole one."
            if spec.cpu.is_fraction
            else ""
        ),
        f'Set service.memory = "{most}"{other}.',
        _range_rejection(spec, least, most),
        sources.MEMORY,
    )


def _too_little(spec: ServiceSpec, least: Memory, most: Memory) -> Finding:
    enough = [cpu for cpu in WHOLE_CPUS if memory_range(cpu).least <= spec.memory]
    return Finding(
        "memory-below-cpu",
        Severity.ERROR,
        "service.memory",
        f"{spec.memory} is less memory than an instance with {spec.cpu.words} must have.",
        f"It must have {least} to {most}.",
        f'Set service.memory = "{least}", or service.cpu = {enough[-1]}.',
        _range_rejection(spec, least, most),
        sources.MEMORY,
    )


def _range_rejection(spec: ServiceSpec, least: Memory, most: Memory) -> str:
    """Return the server's sentence with this spec's figures in it."""
    cpu = str(spec.cpu) if spec.cpu.is_fraction else f"{spec.cpu}.0"
    return f"For {cpu} CPU, memory must be between {least} and {most} inclusive"


def check_unit(spec: ServiceSpec) -> Iterator[Finding]:
    """Decimal units were refused: 512M is not 512Mi."""
    if spec.memory.is_binary:
        return
    yield Finding(
        "memory-unit",
        Severity.WARNING,
        "service.memory",
        f"{spec.memory} is no whole number of MiB.",
        f"M and G count in thousands ({spec.memory} is {spec.memory.mebibytes:.1f}Mi), and Cloud"
        " Run was seen to refuse them.",
        f'Set service.memory = "{_in_mebibytes(spec.memory)}".',
        source=sources.SERVER,
    )


def _in_mebibytes(memory: Memory) -> Memory:
    """Return what was most likely meant: 512M as 512Mi, 1G as 1Gi."""
    for decimal, factor in ((1000**3, 1024), (1000**2, 1)):
        if memory.bytes % decimal == 0:
            return Memory.mebi(memory.bytes // decimal * factor)
    return Memory.mebi(max(1, round(memory.mebibytes)))


def check_fit(spec: ServiceSpec) -> Iterator[Finding]:
    """The workers of gunicorn must fit beside what requests need."""
    needed = _MASTER + _WORKER * spec.workers
    usable = spec.memory.mebibytes * _USABLE
    if spec.workers < 1 or spec.memory < memory_floor(spec) or needed <= usable:
        return
    fitting = int((usable - _MASTER) / _WORKER)
    enough = -(-int(needed / _USABLE) // 128) * 128
    yield Finding(
        "memory-tight",
        Severity.WARNING,
        "service.memory",
        f"{spec.workers} workers want about {needed} MiB of the instance's {spec.memory}.",
        "Files that are written, uploads too, live in the same memory. When it is full the"
        " instance is killed and its requests fail with 500.",
        f'Set service.memory = "{Memory.mebi(enough)}", or service.workers = {max(1, fitting)}.',
        source=sources.MEASURED,
    )


RULES: Final = (check_floor, check_range, check_unit, check_fit)
