"""How much CPU goes with how much memory on Cloud Run. Pure.

From Google's pages on CPU and on memory limits and the server's own rejections, read 2026-11-22.
Where they disagree the stricter value stands: 6 vCPUs want 4 GiB (older pages say 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hipflask.cloudrun.quantities import Cpu, Memory
from hipflask.cloudrun.spec import (
    SECOND_GENERATION_FLOOR,
    Billing,
    ExecutionEnvironment,
    ServiceSpec,
)

SMALLEST_CPU: Final = Cpu(80)
HALF_CPU: Final = Cpu(500)
WHOLE_CPUS: Final = tuple(Cpu(1000 * count) for count in (1, 2, 4, 6, 8))

FIRST_GENERATION_FLOOR: Final = Memory.mebi(128)
# Not in Google's table: the server asks for it on either generation.
INSTANCE_BILLING_FLOOR: Final = Memory.mebi(512)

_GI: Final = 1024
_WHOLE_RANGES: Final = {
    1000: (FIRST_GENERATION_FLOOR, Memory.mebi(4 * _GI)),
    2000: (FIRST_GENERATION_FLOOR, Memory.mebi(8 * _GI)),
    4000: (Memory.mebi(2 * _GI), Memory.mebi(16 * _GI)),
    6000: (Memory.mebi(4 * _GI), Memory.mebi(24 * _GI)),
    8000: (Memory.mebi(4 * _GI), Memory.mebi(32 * _GI)),
}


@dataclass(frozen=True, slots=True)
class MemoryRange:
    """The least and the most memory, both inclusive."""

    least: Memory
    most: Memory

    def clamp(self, memory: Memory) -> Memory:
        """Return the memory in the range that is nearest to the given one."""
        return max(self.least, min(self.most, memory))


def is_allowed(cpu: Cpu) -> bool:
    """Tell whether Cloud Run has that amount: 0.08 to 1 in steps of 0.001, or 2, 4, 6, 8."""
    return SMALLEST_CPU <= cpu <= WHOLE_CPUS[0] or cpu in WHOLE_CPUS


def nearest_cpus(cpu: Cpu) -> tuple[Cpu, ...]:
    """Return the allowed amounts just below and just above; the amount itself if allowed."""
    if is_allowed(cpu):
        return (cpu,)
    if cpu < SMALLEST_CPU:
        return (SMALLEST_CPU,)
    below = [each for each in WHOLE_CPUS if each < cpu]
    above = [each for each in WHOLE_CPUS if each > cpu]
    return (*below[-1:], *above[:1])


def memory_range(cpu: Cpu) -> MemoryRange:
    """Return the memory that an allowed amount of CPU may have, whatever the generation."""
    if cpu < HALF_CPU:
        return MemoryRange(FIRST_GENERATION_FLOOR, Memory.mebi(512))
    if cpu.is_fraction:
        return MemoryRange(FIRST_GENERATION_FLOOR, Memory.mebi(_GI))
    return MemoryRange(*_WHOLE_RANGES[cpu.millis])


def memory_floor(spec: ServiceSpec) -> Memory:
    """Return the least memory that the spec's generation and billing leave."""
    if spec.billing is Billing.INSTANCE:
        return INSTANCE_BILLING_FLOOR
    if spec.execution_environment is ExecutionEnvironment.GEN2:
        return SECOND_GENERATION_FLOOR
    return FIRST_GENERATION_FLOOR
