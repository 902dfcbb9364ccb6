"""Rules of the processor: which amounts there are and what a fraction of one forbids."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from hipflask.cloudrun.finding import Finding, Severity
from hipflask.cloudrun.limits import is_allowed, nearest_cpus
from hipflask.cloudrun.spec import Billing, ExecutionEnvironment, ServiceSpec
from hipflask.cloudrun.validate import sources

_REJECTED: Final = (
    "spec.template.spec.containers.resources.limits.cpu: Invalid value specified for cpu."
)
# firebase-tools refuses more than 4 vCPUs there; nobody says whether that is still so.
_SMALL_REGIONS: Final = frozenset({"australia-southeast2", "asia-northeast3", "asia-south2"})


def check_value(spec: ServiceSpec) -> Iterator[Finding]:
    """Cloud Run has 0.08 to 1 vCPU in steps of 0.001, then 2, 4, 6 or 8."""
    if is_allowed(spec.cpu):
        return
    nearest = " or ".join(f"service.cpu = {cpu}" for cpu in nearest_cpus(spec.cpu))
    yield Finding(
        "cpu-value",
        Severity.ERROR,
        "service.cpu",
        f"Cloud Run has no instances with {spec.cpu.words}.",
        "An instance has between 0.08 and 1 vCPU, or 2, 4, 6 or 8; nothing in between.",
        f"Set {nearest}.",
        "Must be equal to one of [.08-1], 1.0, 2.0, 4.0, 6.0, 8.0",
        sources.CPU,
    )


def check_fraction_concurrency(spec: ServiceSpec) -> Iterator[Finding]:
    """Below 1 vCPU the concurrency must be 1; left out it counts as 80."""
    if not spec.cpu.is_fraction or spec.concurrency == 1:
        return
    if spec.concurrency:
        what = f"but service.concurrency is {spec.concurrency}"
        wish = str(spec.concurrency)
    else:
        what = f"but service.concurrency is not set, which counts as {spec.effective_concurrency}"
        wish = "several"
    yield Finding(
        "cpu-fraction-concurrency",
        Severity.ERROR,
        "service.concurrency",
        f"An instance with {spec.cpu.words} takes one request at a time, {what}.",
        "Below 1 vCPU Cloud Run gives each request an instance of its own while it runs. gcloud"
        " does not check this; the deploy fails at the server.",
        "Set service.concurrency = 1, or service.cpu = 1 to let"
        f" {wish} requests share an instance.",
        f"{_REJECTED} Total cpu < 1 is not supported with concurrency > 1.",
        sources.CPU,
    )


def check_fraction_billing(spec: ServiceSpec) -> Iterator[Finding]:
    """Below 1 vCPU the CPU cannot stay allocated between requests."""
    if not spec.cpu.is_fraction or spec.billing is Billing.REQUEST:
        return
    yield Finding(
        "cpu-fraction-billing",
        Severity.ERROR,
        "service.billing",
        f"With {spec.cpu.words} only requests can be billed, but service.billing is"
        f' "{spec.billing.value}".',
        "Instance-based billing keeps the CPU running between requests; Cloud Run offers that from"
        " 1 vCPU on.",
        'Set service.billing = "request", or service.cpu = 1.',
        f"{_REJECTED} Total cpu < 1 is not supported with cpu always allocated (unthrottled).",
        sources.CPU,
    )


def check_fraction_generation(spec: ServiceSpec) -> Iterator[Finding]:
    """Below 1 vCPU there is only the first generation."""
    if not spec.cpu.is_fraction or spec.execution_environment is not ExecutionEnvironment.GEN2:
        return
    yield Finding(
        "cpu-fraction-generation",
        Severity.ERROR,
        "service.execution_environment",
        f'With {spec.cpu.words} the execution environment must be "gen1", but is "gen2".',
        "The second generation is a full Linux machine and needs at least 1 vCPU.",
        'Set service.execution_environment = "gen1", or service.cpu = 1.',
        "Total cpu < 1 is not supported with gen2 execution environment",
        sources.CPU,
    )


def check_region(spec: ServiceSpec) -> Iterator[Finding]:
    """Some regions were seen to stop at 4 vCPUs."""
    if spec.region not in _SMALL_REGIONS or spec.cpu.millis <= 4000:
        return
    yield Finding(
        "cpu-region-limit",
        Severity.WARNING,
        "service.cpu",
        f"{spec.region} may have no instances with {spec.cpu.words}.",
        "Google's own Firebase tools refuse more than 4 there.",
        "Set service.cpu = 4, or choose another region.",
        source=sources.CPU_REGIONS,
    )


def check_used(spec: ServiceSpec) -> Iterator[Finding]:
    """A Python process runs on about one core, whatever is paid for."""
    cores = math.ceil(spec.cpu.vcpus)
    if cores <= max(1, spec.workers):
        return
    workers = "1 worker process" if spec.workers == 1 else f"{spec.workers} worker processes"
    yield Finding(
        "cpu-unused",
        Severity.WARNING,
        "service.workers",
        f"{spec.cpu.words} are paid for, but {workers} can use about {spec.workers}.",
        "One Python process runs Python code on one core at a time.",
        f"Set service.workers = {cores}, or service.cpu = {max(1, spec.workers)}.",
        source=sources.GUNICORN,
    )


RULES: Final = (
    check_value,
    check_fraction_concurrency,
    check_fraction_billing,
    check_fraction_generation,
    check_region,
    check_used,
)
