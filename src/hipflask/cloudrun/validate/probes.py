"""Rules of probes: the checks that decide whether an instance is started and kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hipflask.cloudrun.finding import Finding, Severity
from hipflask.cloudrun.quantities import Duration
from hipflask.cloudrun.spec import Probe, ServiceSpec
from hipflask.cloudrun.validate import sources
from hipflask.cloudrun.validate.context import Context

# v2 API, message Probe; the start-up budgets were seen in the server's own checks.
STARTUP_LONGEST: Final = Duration(240)
LIVENESS_LONGEST: Final = Duration(3600)
DOCUMENTED_START: Final = Duration(240)
LONGEST_START: Final = Duration(600)


def check_timings(spec: ServiceSpec) -> Iterator[Finding]:
    """Each time has its bounds, and a probe ends before the next begins."""
    for name, probe, longest in _probes(spec):
        bounds = (
            ("initial_delay", probe.initial_delay.seconds, 0, longest.seconds),
            ("timeout", probe.timeout.seconds, 1, longest.seconds),
            ("period", probe.period.seconds, 1, longest.seconds),
        )
        for key, seconds, least, most in bounds:
            if not least <= seconds <= most:
                yield Finding(
                    "probe-timing",
                    Severity.ERROR,
                    f"service.{name}.{key}",
                    f"{name}.{key} is {seconds} s.",
                    f"Cloud Run takes {least} to {most} seconds for it.",
                    f"Set {key} = {min(max(seconds, least), most)} under [service.{name}].",
                    source=sources.PROBES,
                )
        if probe.failure_threshold < 1:
            yield Finding(
                "probe-timing",
                Severity.ERROR,
                f"service.{name}.failure_threshold",
                f"{name}.failure_threshold is {probe.failure_threshold}.",
                "A probe counts as failed after at least one failure.",
                f"Set failure_threshold = 3 under [service.{name}].",
                source=sources.PROBES,
            )


def check_order(spec: ServiceSpec) -> Iterator[Finding]:
    """A probe that may take longer than the pause to the next one is refused."""
    for name, probe, longest in _probes(spec):
        # Times out of their bounds are check_timings' matter.
        if probe.period < probe.timeout <= longest and probe.period.seconds >= 1:
            yield Finding(
                "probe-order",
                Severity.ERROR,
                f"service.{name}.timeout",
                f"{name} may take {probe.timeout}, but is asked every {probe.period}.",
                "The period must be at least as long as the timeout.",
                f"Set timeout = {probe.period.seconds} under [service.{name}], or period ="
                f" {probe.timeout.seconds}.",
                source=sources.PROBES,
            )


def check_paths(spec: ServiceSpec) -> Iterator[Finding]:
    """A path begins with a slash; a liveness probe asks nobody else."""
    for name, probe, _ in _probes(spec):
        if probe.path and (not probe.path.startswith("/") or " " in probe.path):
            yield Finding(
                "probe-path",
                Severity.ERROR,
                f"service.{name}.path",
                f'"{probe.path}" is no path.',
                "Cloud Run asks the container itself: no host, no scheme.",
                f'Set path = "/healthz" under [service.{name}].',
                source=sources.PROBES,
            )
    if spec.liveness_probe and not spec.liveness_probe.path:
        yield Finding(
            "probe-liveness-path",
            Severity.ERROR,
            "service.liveness_probe.path",
            "The liveness probe has no path.",
            "Only at the start a connection to the port will do; later Cloud Run asks by HTTP.",
            'Set path = "/healthz" under [service.liveness_probe], or leave that section out.',
            source=sources.PROBES,
        )
    if spec.liveness_probe and spec.liveness_probe.path.rstrip("/") == "/readyz":
        yield Finding(
            "probe-liveness-database",
            Severity.WARNING,
            "service.liveness_probe.path",
            "The liveness probe asks /readyz, which asks the database.",
            "While the database is away Cloud Run would kill and restart every instance, which"
            " helps nobody and is paid for.",
            'Set path = "/healthz" under [service.liveness_probe].',
            source=sources.PROBES,
        )


def check_budget(spec: ServiceSpec) -> Iterator[Finding]:
    """The container must listen within four minutes, whatever the probe allows."""
    probe = spec.startup_probe
    if probe is None or probe.budget <= DOCUMENTED_START:
        return
    threshold = (DOCUMENTED_START.seconds - probe.initial_delay.seconds) // max(
        1, probe.period.seconds
    )
    remedy = (
        f"Set failure_threshold = {threshold} under [service.startup_probe]."
        if threshold > 0
        else "Set initial_delay = 0 and a shorter period under [service.startup_probe]."
    )
    sum_ = (
        f"{probe.initial_delay} + {probe.failure_threshold} × {probe.period} = {probe.budget}"
        " to start"
    )
    too_long = probe.budget > LONGEST_START
    yield Finding(
        "probe-budget" if too_long else "probe-budget-long",
        Severity.ERROR if too_long else Severity.WARNING,
        "service.startup_probe",
        f"The start-up probe gives an instance {sum_}.",
        f"Cloud Run refuses more than {LONGEST_START}."
        if too_long
        else f"Cloud Run takes up to {LONGEST_START}, but its contract wants a container to listen"
        f" within {DOCUMENTED_START}.",
        remedy,
        source=sources.CONTRACT,
    )


def check_outside(spec: ServiceSpec, context: Context) -> Iterator[Finding]:
    """Google keeps some paths of the public address for itself; probes are not concerned."""
    for path in context.outside_paths:
        plain = path.partition("?")[0].rstrip("/")
        if plain.endswith("z") or plain == "/eventlog" or path.startswith("/_ah/"):
            yield Finding(
                "path-reserved",
                Severity.WARNING,
                "service.name",
                f"{path} may never reach {spec.name or 'the service'} from outside.",
                "Google reserves /eventlog, /_ah/ and some paths that end in z, and answers them"
                " with a 404 of its own. Probes ask the container directly and do see it.",
                "Ask another path from outside, such as /login.",
                source=sources.KNOWN_ISSUES,
            )


def _probes(spec: ServiceSpec) -> Iterator[tuple[str, Probe, Duration]]:
    if spec.startup_probe:
        yield "startup_probe", spec.startup_probe, STARTUP_LONGEST
    if spec.liveness_probe:
        yield "liveness_probe", spec.liveness_probe, LIVENESS_LONGEST


RULES: Final = (check_timings, check_order, check_paths, check_budget)
CONTEXT_RULES: Final = (check_outside,)
