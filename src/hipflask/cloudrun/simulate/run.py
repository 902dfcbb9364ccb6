"""A small simulator of Cloud Run's autoscaler: deterministic, event by event.

It follows what Google documents (about-instance-autoscaling, container-contract): instances are
added when the last minute's average asks for them (60 % of the concurrency or of the CPU), and at
once when a request finds no room; a request waits at most max(3.5 starts, 10 s), then it is
refused; an idle instance stays for 15 minutes, a minimum one for ever. What Google does not say is
assumed: the average is taken every 5 s, requests go to the least busy of the instances that the
average asks for, the oldest first, and at concurrency 1 an instance with one request is full.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal
from heapq import heappop, heappush
from itertools import count

from hipflask.cloudrun.cost.capacity import requests_at_once, usable_vcpus
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.prices import Metering
from hipflask.cloudrun.simulate.autoscaler import AutoscalerRules, Demand
from hipflask.cloudrun.simulate.instance import SimulatedInstance
from hipflask.cloudrun.simulate.result import Moment, Simulation
from hipflask.cloudrun.spec import ServiceSpec

_READY, _ANSWER, _GIVE_UP, _LOOK, _EXPIRE = range(5)


def simulate(
    arrivals: Iterable[int],
    spec: ServiceSpec,
    profile: TrafficProfile,
    metering: Metering,
    *,
    duration_ms: int = 0,
    rules: AutoscalerRules | None = None,
) -> Simulation:
    """Send requests, given by their moments in order, to a service and return what happens.

    It goes on until the last request is answered or refused, and to ``duration_ms`` at least.
    """
    run = _Run(spec, profile, metering, rules or AutoscalerRules())
    return run.through(arrivals, duration_ms)


class _Run:
    def __init__(
        self,
        spec: ServiceSpec,
        profile: TrafficProfile,
        metering: Metering,
        rules: AutoscalerRules,
    ) -> None:
        self._rules = rules
        self._demand = Demand(spec, rules)
        self._concurrency = spec.effective_concurrency
        self._least, self._most = spec.min_instances, spec.effective_max_instances
        self._threads = requests_at_once(spec)
        self._vcpus = max(1, int(usable_vcpus(spec)))
        self._cpu_ms = _milliseconds(profile.cpu / min(spec.cpu.vcpus, Decimal(1)))
        self._other_ms = _milliseconds(profile.latency - profile.cpu)
        self._work_ms = profile.cpu * 1000
        self._start_ms = _milliseconds(profile.startup)
        self._stop_ms = _milliseconds(profile.shutdown)
        self._step_ms = int(metering.busy_step_milliseconds)
        self._shortest_ms = int(metering.shortest_lifetime_seconds * 1000)
        patience = _milliseconds(profile.startup * rules.patience_in_starts)
        self._patience_ms = max(rules.shortest_patience_ms, patience)
        # (when, order, what, which instance); the order makes equal moments deterministic.
        self._events: list[tuple[int, int, int, int]] = []
        self._order = count()
        self._now = 0
        self._numbers = count()
        # Alive, the oldest first.
        self._instances: dict[int, SimulatedInstance] = {}
        self._ended: list[SimulatedInstance] = []
        self._waiting: deque[int] = deque()
        self._wanted = self._least
        self._on_instances = self._working = self._idle_minimum_ms = 0
        self._looking = False
        self._arrived = self._refused_429 = self._refused_500 = 0
        self._starts = self._peak_instances = self._peak_waiting = 0
        self._moments: list[Moment] = []
        self._response_ms: list[int] = []

    def through(self, arrivals: Iterable[int], duration_ms: int) -> Simulation:
        """Run to the end."""
        for _ in range(self._least):
            # The minimum instances were there before the first request.
            self._add().become_ready(0, self._step_ms)
            self._working -= 1
        for moment in arrivals:
            if moment < self._now:
                raise ValueError("The arrivals are not in order.")
            self._until(moment)
            self._arrive()
        while self._on_instances or self._waiting:
            self._next()
        end = max(self._now, duration_ms)
        self._until(end)
        return self._result(end)

    def _until(self, moment: int) -> None:
        while self._events and self._events[0][0] <= moment:
            self._next()
        self._pass(moment)

    def _next(self) -> None:
        moment, _, what, which = heappop(self._events)
        self._pass(moment)
        if what == _ANSWER:
            self._answer(self._instances[which])
        elif what == _READY:
            self._instances[which].become_ready(moment, self._step_ms)
            self._working -= 1
            self._send_waiting()
            self._expire_later(self._instances[which])
        elif what == _GIVE_UP:
            self._give_up()
        elif what == _LOOK:
            self._look()
        elif which in self._instances:
            self._expire(self._instances[which])

    def _pass(self, moment: int) -> None:
        """Let time pass until a moment; everything that adds up over time is added here."""
        elapsed = moment - self._now
        self._demand.add(self._on_instances, elapsed)
        self._idle_minimum_ms += max(0, self._least - self._working) * elapsed
        self._now = moment

    def _later(self, after_ms: int, what: int, which: int = 0) -> None:
        heappush(self._events, (self._now + after_ms, next(self._order), what, which))

    def _arrive(self) -> None:
        self._arrived += 1
        if not self._looking:
            self._looking = True
            self._later(self._rules.every_ms - self._now % self._rules.every_ms, _LOOK)
        instance = None if self._waiting else self._room()
        if instance is not None:
            self._send(instance, self._now)
            return
        self._waiting.append(self._now)
        self._peak_waiting = max(self._peak_waiting, len(self._waiting))
        self._later(self._patience_ms, _GIVE_UP)
        starting = sum(not instance.ready for instance in self._instances.values())
        if len(self._waiting) > starting * self._concurrency and self._may_start:
            self._start()

    def _room(self) -> SimulatedInstance | None:
        """Return where a request goes: to the least busy of the wanted instances, else of all."""
        ready = [instance for instance in self._instances.values() if instance.ready]
        wanted = max(1, self._wanted)
        for group in (ready[:wanted], ready[wanted:]):
            best = min(group, key=lambda instance: instance.requests, default=None)
            if best is not None and best.requests < self._concurrency:
                return best
        return None

    def _send(self, instance: SimulatedInstance, arrived: int) -> None:
        self._working += instance.busy_since is None
        ends = instance.take(self._now, self._cpu_ms, self._other_ms)
        self._on_instances += 1
        self._demand.work(self._work_ms)
        self._response_ms.append(ends - arrived)
        self._later(ends - self._now, _ANSWER, instance.number)

    def _send_waiting(self) -> None:
        while self._waiting and (instance := self._room()) is not None:
            self._send(instance, self._waiting.popleft())

    def _answer(self, instance: SimulatedInstance) -> None:
        self._on_instances -= 1
        instance.finish(self._now, self._step_ms)
        self._working -= instance.busy_since is None
        self._send_waiting()
        self._expire_later(instance)

    def _give_up(self) -> None:
        while self._waiting and self._waiting[0] + self._patience_ms <= self._now:
            self._waiting.popleft()
            if self._may_start:
                self._refused_500 += 1
            else:
                self._refused_429 += 1

    def _look(self) -> None:
        ready = sum(instance.ready for instance in self._instances.values())
        self._wanted = self._demand.wanted(self._now, ready)
        for _ in range(self._wanted - len(self._instances)):
            self._start()
        self._looking = bool(self._on_instances or self._waiting or not self._demand.is_quiet)
        if self._looking:
            self._later(self._rules.every_ms, _LOOK)

    @property
    def _may_start(self) -> bool:
        return len(self._instances) < self._most

    def _start(self) -> None:
        self._starts += 1
        self._later(self._start_ms, _READY, self._add().number)

    def _add(self) -> SimulatedInstance:
        number = next(self._numbers)
        instance = SimulatedInstance.started(number, self._now, self._threads, self._vcpus)
        self._instances[number] = instance
        self._working += 1
        self._count()
        return instance

    def _expire_later(self, instance: SimulatedInstance) -> None:
        if instance.busy_since is None:
            self._later(self._rules.idle_retention_ms, _EXPIRE, instance.number)

    def _expire(self, instance: SimulatedInstance) -> None:
        idle_for = self._now - instance.idle_since
        is_idle = instance.busy_since is None and idle_for >= self._rules.idle_retention_ms
        if is_idle and len(self._instances) > self._least:
            instance.charge(self._stop_ms, self._step_ms)
            instance.ended_at = self._now + self._stop_ms
            self._ended.append(self._instances.pop(instance.number))
            self._count()

    def _count(self) -> None:
        alive = len(self._instances)
        self._peak_instances = max(self._peak_instances, alive)
        self._moments.append(Moment(self._now, alive))

    def _result(self, end: int) -> Simulation:
        for instance in self._instances.values():
            if instance.busy_since is not None:
                instance.charge(end - instance.busy_since, self._step_ms)
            instance.ended_at = end
        everyone = [*self._ended, *self._instances.values()]
        lives = [(instance.ended_at or end) - instance.started_at for instance in everyone]
        return Simulation(
            arrived=self._arrived,
            served=len(self._response_ms),
            refused_429=self._refused_429,
            refused_500=self._refused_500,
            instances=tuple(self._moments),
            starts=self._starts,
            peak_instances=self._peak_instances,
            peak_waiting=self._peak_waiting,
            busy_ms=sum(instance.busy_ms for instance in everyone),
            billed_ms=sum(instance.billed_ms for instance in everyone),
            idle_minimum_ms=self._idle_minimum_ms,
            alive_ms=sum(lives),
            lifetime_billed_ms=sum(max(life, self._shortest_ms) for life in lives),
            response_ms=tuple(sorted(self._response_ms)),
            duration_ms=end,
        )


def _milliseconds(seconds: Decimal) -> int:
    return int((seconds * 1000).to_integral_value(ROUND_CEILING))
