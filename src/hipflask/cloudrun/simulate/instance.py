"""One instance in the simulator: its threads, its CPU, and its bill."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heapify, heapreplace

# All times are whole milliseconds, so that nothing depends on how fractions are rounded.


@dataclass(slots=True)
class SimulatedInstance:
    """An instance from its start to its end.

    A request that is sent to it waits for a thread, works on a vCPU (first come, first served),
    then waits for something else, such as the database, and ends.
    """

    number: int
    started_at: int
    threads: list[int]
    vcpus: list[int]
    ready: bool = False
    requests: int = 0
    # The start of the busy interval that has not ended.
    busy_since: int | None = None
    idle_since: int = 0
    ended_at: int | None = None
    busy_ms: int = 0
    billed_ms: int = 0
    intervals: int = field(default=0)

    @classmethod
    def started(cls, number: int, now: int, threads: int, vcpus: int) -> SimulatedInstance:
        """Return an instance that begins to start; the start is billed as work."""
        instance = cls(number, now, [now] * threads, [now] * vcpus, busy_since=now)
        heapify(instance.threads)
        return instance

    def become_ready(self, now: int, step_ms: int) -> None:
        """Listen for requests."""
        self.ready = True
        self.threads = [now] * len(self.threads)
        self.vcpus = [now] * len(self.vcpus)
        if not self.requests:
            self.rest(now, step_ms)

    def take(self, now: int, cpu_ms: int, other_ms: int) -> int:
        """Take a request and return when it will be answered."""
        self.requests += 1
        if self.busy_since is None:
            self.busy_since = now
        begins = max(now, self.threads[0])
        if cpu_ms:
            works = max(begins, self.vcpus[0])
            heapreplace(self.vcpus, works + cpu_ms)
            begins = works + cpu_ms
        ends = begins + other_ms
        heapreplace(self.threads, ends)
        return ends

    def finish(self, now: int, step_ms: int) -> None:
        """Answer a request."""
        self.requests -= 1
        if not self.requests:
            self.rest(now, step_ms)

    def rest(self, now: int, step_ms: int) -> None:
        """End the busy interval and add it to the bill, rounded up."""
        if self.busy_since is not None:
            self.charge(now - self.busy_since, step_ms)
            self.busy_since = None
        self.idle_since = now

    def charge(self, busy_ms: int, step_ms: int) -> None:
        """Add a busy time to the bill, rounded up."""
        self.busy_ms += busy_ms
        self.billed_ms += -(-busy_ms // step_ms) * step_ms
        self.intervals += 1 if busy_ms else 0
