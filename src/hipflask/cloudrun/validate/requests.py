"""Rules of requests: how many at once, how long, at which port, and who works on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hipflask.cloudrun.finding import Finding, Severity
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.cloudrun.validate import sources
from hipflask.cloudrun.validate.context import Context

MOST_AT_ONCE: Final = 1000
LONGEST: Final = 3600
HOSTING_SECONDS: Final = 60


def check_concurrency(spec: ServiceSpec) -> Iterator[Finding]:
    """The API takes 0 to 1000; 0 means the default."""
    given = spec.concurrency
    if given is None or 0 <= given <= MOST_AT_ONCE:
        return
    yield Finding(
        "concurrency-range",
        Severity.ERROR,
        "service.concurrency",
        f"An instance cannot take {given} requests at once.",
        "Cloud Run sends an instance between 1 and 1000 requests at once.",
        f"Set service.concurrency = {min(MOST_AT_ONCE, max(1, spec.parallelism))},"
        " as many as the server works on.",
        "Must be a number between 0 and 1000",
        sources.CONCURRENCY,
    )


def check_concurrency_set(spec: ServiceSpec) -> Iterator[Finding]:
    """The default is larger than what a Python server works on."""
    if spec.concurrency or spec.cpu.is_fraction or spec.parallelism < 1:
        return
    yield Finding(
        "concurrency-unset",
        Severity.WARNING,
        "service.concurrency",
        f"service.concurrency is not set, so {spec.effective_concurrency} requests at once may"
        " reach an instance.",
        "Cloud Run's default is 80 for each vCPU (in the console 80); it changed once and may"
        f" change again. The server here works on {spec.parallelism}.",
        f"Set service.concurrency = {min(MOST_AT_ONCE, spec.parallelism)}.",
        source=sources.CONCURRENCY,
    )


def check_threads(spec: ServiceSpec) -> Iterator[Finding]:
    """Requests beyond workers × threads wait where the autoscaler cannot see them."""
    if not spec.concurrency or not 0 < spec.parallelism < spec.concurrency <= MOST_AT_ONCE:
        return
    threads = -(-spec.concurrency // max(1, spec.workers))
    yield Finding(
        "concurrency-above-threads",
        Severity.WARNING,
        "service.threads",
        f"{spec.concurrency} requests at once reach an instance, but its server works on"
        f" {spec.parallelism} ({spec.workers} × {spec.threads} threads).",
        "The others wait inside the instance, and Cloud Run starts no further one for them:"
        " visitors wait although capacity is left.",
        f"Set service.threads = {threads} (a thread costs next to no memory), or"
        f" service.concurrency = {spec.parallelism}.",
        source=sources.GUNICORN,
    )


def check_server(spec: ServiceSpec) -> Iterator[Finding]:
    """gunicorn needs somebody to work."""
    for name, amount in (("workers", spec.workers), ("threads", spec.threads)):
        if amount < 1:
            yield Finding(
                "server-size",
                Severity.ERROR,
                f"service.{name}",
                f"A server with {amount} {name} answers nobody.",
                f"gunicorn needs at least one of its {name}.",
                f"Set service.{name} = {1 if name == 'workers' else 8}.",
                source=sources.GUNICORN,
            )


def check_timeout(spec: ServiceSpec) -> Iterator[Finding]:
    """A request may take an hour, its instance's start included."""
    if 1 <= spec.timeout.seconds <= LONGEST:
        return
    yield Finding(
        "timeout-range",
        Severity.ERROR,
        "service.timeout",
        f"A request cannot have {spec.timeout} to finish.",
        "Cloud Run takes 1 second to 1 hour; the start of an instance counts too.",
        f"Set service.timeout = {LONGEST if spec.timeout.seconds > LONGEST else 30}.",
        "maximum allowed time is one hour",
        sources.TIMEOUT,
    )


def check_hosting(spec: ServiceSpec, context: Context) -> Iterator[Finding]:
    """Firebase Hosting in front has a shorter timeout of its own."""
    if not context.behind_hosting or not HOSTING_SECONDS < spec.timeout.seconds <= LONGEST:
        return
    yield Finding(
        "timeout-behind-hosting",
        Severity.NOTE,
        "service.timeout",
        f"Requests may take {spec.timeout}, but Firebase Hosting gives up after 60 s.",
        "The visitor then sees 504 while the instance works on, and is paid for.",
        "Set service.timeout = 60.",
        source=sources.HOSTING,
    )


def check_port(spec: ServiceSpec) -> Iterator[Finding]:
    """The container listens on one TCP port."""
    if 1 <= spec.port <= 65535:
        return
    yield Finding(
        "port-range",
        Severity.ERROR,
        "service.port",
        f"There is no port {spec.port}.",
        "Ports are numbers from 1 to 65535. Cloud Run tells the container in PORT.",
        "Set service.port = 8080.",
        source=sources.CONTRACT,
    )


RULES: Final = (
    check_concurrency,
    check_concurrency_set,
    check_threads,
    check_server,
    check_timeout,
    check_port,
)
CONTEXT_RULES: Final = (check_hosting,)
