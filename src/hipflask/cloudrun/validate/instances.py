"""Rules of scaling: how few and how many instances."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hipflask.cloudrun.finding import Finding, Severity
from hipflask.cloudrun.spec import DEFAULT_MAX_INSTANCES, ServiceSpec
from hipflask.cloudrun.validate import sources

QUOTA: Final = 100
# A browser opens about six connections to load one page.
ONE_VISITOR: Final = 6


def check_range(spec: ServiceSpec) -> Iterator[Finding]:
    """At least none that wait, and at least one that may come."""
    bounds = (("min_instances", spec.min_instances, 0), ("max_instances", spec.max_instances, 1))
    for name, amount, least in bounds:
        if amount is not None and amount < least:
            yield Finding(
                "instances-range",
                Severity.ERROR,
                f"service.{name}",
                f"service.{name} is {amount}, but must be at least {least}.",
                "With min_instances = 0 nothing runs, and nothing is paid, while nobody asks."
                if least == 0
                else "A service with no instance answers nobody.",
                f"Set service.{name} = {least}.",
                source=sources.SCALING,
            )


def check_order(spec: ServiceSpec) -> Iterator[Finding]:
    """The minimum may not be above the maximum, also where that is Cloud Run's default."""
    if spec.min_instances <= max(1, spec.effective_max_instances):
        return
    most = "Cloud Run's default of" if spec.max_instances is None else "service.max_instances ="
    yield Finding(
        "instances-order",
        Severity.ERROR,
        "service.min_instances",
        f"service.min_instances = {spec.min_instances} is above {most}"
        f" {spec.effective_max_instances}.",
        "The minimum is kept ready at all times, so it must be allowed at all times.",
        f"Set service.min_instances = 0, or service.max_instances = {spec.min_instances}.",
        "must be greater than or equal to min_instance_count",
        sources.SCALING,
    )


def check_quota(spec: ServiceSpec) -> Iterator[Finding]:
    """A project starts with a quota of 100 instances."""
    if spec.max_instances is None or spec.max_instances <= QUOTA:
        return
    yield Finding(
        "instances-above-quota",
        Severity.WARNING,
        "service.max_instances",
        f"{spec.max_instances} instances are more than the {QUOTA} that a project starts with.",
        "The deploy fails unless the project's quota in that region was raised.",
        f"Set service.max_instances = {QUOTA}, or ask Google to raise the quota first.",
        source=sources.SCALING,
    )


def check_bound(spec: ServiceSpec) -> Iterator[Finding]:
    """Without a maximum, a flood of requests decides what is paid."""
    if spec.max_instances is not None:
        return
    yield Finding(
        "instances-unbounded",
        Severity.WARNING,
        "service.max_instances",
        f"service.max_instances is not set, so up to {DEFAULT_MAX_INSTANCES} instances may run.",
        "A crawler or an attack then decides the bill, and all instances together may ask for"
        " more database connections than there are. Google's budgets only send mail.",
        "Set service.max_instances = 3; raise it when real traffic needs it.",
        source=sources.SCALING,
    )


def check_parallel(spec: ServiceSpec) -> Iterator[Finding]:
    """One page load asks for several things at once."""
    together = spec.effective_max_instances * spec.effective_concurrency
    if spec.cpu.is_fraction:
        together = spec.effective_max_instances
    if not 0 < together < ONE_VISITOR:
        return
    noun = "request" if together == 1 else "requests"
    instances = -(-ONE_VISITOR // (together // spec.effective_max_instances))
    remedy = f"service.max_instances = {instances}"
    if not spec.cpu.is_fraction:
        at_once = -(-ONE_VISITOR // spec.effective_max_instances)
        remedy += f", or service.concurrency = {at_once}"
    yield Finding(
        "instances-parallel",
        Severity.WARNING,
        "service.max_instances",
        f"The whole service takes {together} {noun} at once.",
        f"One browser opens about {ONE_VISITOR} connections for one page. Further requests wait up"
        " to 10 s, then get 429.",
        f"Set {remedy}.",
        source=sources.SCALING,
    )


RULES: Final = (check_range, check_order, check_quota, check_bound, check_parallel)
