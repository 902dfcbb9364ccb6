"""How many instances the last minute asks for: the averaging half of Cloud Run's autoscaler."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from hipflask.cloudrun.cost.capacity import TARGET, concurrency_target
from hipflask.cloudrun.spec import ServiceSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoscalerRules:
    """The autoscaler's own constants, in milliseconds."""

    window_ms: int = 60_000
    every_ms: int = 5_000
    idle_retention_ms: int = 900_000
    shortest_patience_ms: int = 10_000
    patience_in_starts: Decimal = Decimal("3.5")


class Demand:
    """Adds up requests and work, and averages them over the window."""

    def __init__(self, spec: ServiceSpec, rules: AutoscalerRules) -> None:
        self._least, self._most = spec.min_instances, spec.effective_max_instances
        self._vcpus = spec.cpu.vcpus
        self._target = concurrency_target(spec.effective_concurrency)
        self._window_ms = rules.window_ms
        # Sums since the beginning, now and at each look within the window.
        self._request_ms = 0
        self._work_ms = Decimal(0)
        self._looks: deque[tuple[int, int, Decimal]] = deque([(0, 0, Decimal(0))])
        self.is_quiet = True

    def add(self, requests: int, elapsed_ms: int) -> None:
        """Count requests that were on the instances for a time."""
        self._request_ms += requests * elapsed_ms

    def work(self, vcpu_ms: Decimal) -> None:
        """Count the CPU time of a request."""
        self._work_ms += vcpu_ms

    def wanted(self, now: int, ready: int) -> int:
        """Return the number of instances for the average up to now, within min and max.

        ``ready`` instances cannot have used more CPU than they have.
        """
        while len(self._looks) > 1 and self._looks[1][0] <= now - self._window_ms:
            self._looks.popleft()
        then, request_ms, work_ms = self._looks[0]
        self._looks.append((now, self._request_ms, self._work_ms))
        # After a pause the last look is older than the window; nothing happened in between.
        elapsed = min(now - then, self._window_ms)
        requests, work = self._request_ms - request_ms, self._work_ms - work_ms
        self.is_quiet = not requests and not work
        if not elapsed:
            return self._least
        used = min(work / elapsed, ready * self._vcpus)
        for_requests = requests / (elapsed * self._target)
        for_cpu = used / (self._vcpus * TARGET)
        wanted = int(max(for_requests, for_cpu).to_integral_value(ROUND_CEILING))
        return min(max(wanted, self._least), self._most)
