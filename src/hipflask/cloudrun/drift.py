"""How a running service differs from hipflask.toml. Pure: both come in as values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from hipflask.cloudrun.quantities import Cpu, Memory, QuantityError
from hipflask.cloudrun.release import COMMIT_LABEL, Release, account_of, probe_fields
from hipflask.cloudrun.service import RevisionSettings, Service
from hipflask.cloudrun.spec import (
    DEFAULT_CONCURRENCY_PER_VCPU,
    DEFAULT_MAX_INSTANCES,
    Billing,
    Probe,
    ServiceSpec,
)
from hipflask.cloudrun.validate.secrets import secret_reason

UNSET: Final = "(not set)"
HIDDEN: Final = "(hidden)"
# What Cloud Run writes into a revision that asked for no start-up probe.
_DEFAULT_STARTUP: Final = {"timeoutSeconds": "240", "periodSeconds": "240", "failureThreshold": "1"}
_PROBE_DEFAULTS: Final = {
    "initialDelaySeconds": "0",
    "timeoutSeconds": "1",
    "periodSeconds": "10",
    "failureThreshold": "3",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting of hipflask.toml, what it says there, and what runs."""

    setting: str
    wanted: str
    found: str


def differences(
    release: Release, settings: RevisionSettings, service: Service
) -> tuple[Difference, ...]:
    """Return what a deploy would change in the settings of a revision and of its service.

    The image is not among them; the label that names the commit goes with the image.
    """
    pairs = (*_of_revision(release, settings), *_of_service(release, service, settings))
    return tuple(
        Difference(setting, wanted, found) for setting, wanted, found in pairs if wanted != found
    )


def differences_of(
    spec: ServiceSpec, settings: RevisionSettings, service: Service, project_number: int
) -> tuple[Difference, ...]:
    """Return what an update would change in a revision: its image, name and secrets stay.

    A secret that follows the newest version is compared with the one that runs.
    """
    running = dict(reference.rpartition(":")[::2] for reference in settings.secrets.values())
    release = Release(
        spec=spec,
        image=settings.image,
        revision=settings.name,
        project_number=project_number,
        versions=running,
        commit=settings.labels.get(COMMIT_LABEL, ""),
    )
    return differences(release, settings, service)


_Pair = tuple[str, str, str]


def _of_revision(release: Release, found: RevisionSettings) -> Iterator[_Pair]:
    spec = release.spec
    yield "service.cpu", str(spec.cpu), _cpu(found.cpu)
    yield "service.memory", str(spec.memory), _memory(found.memory)
    # Left to Cloud Run it becomes 80 for each vCPU where gcloud makes the service, else 80.
    usual = replace(spec, concurrency=None).effective_concurrency
    concurrency = found.concurrency or usual
    if spec.concurrency or concurrency not in (usual, DEFAULT_CONCURRENCY_PER_VCPU):
        yield "service.concurrency", str(spec.effective_concurrency), str(concurrency)
    yield "service.timeout", str(spec.timeout.seconds), str(found.timeout or 300)
    most = DEFAULT_MAX_INSTANCES if found.max_instances is None else found.max_instances
    yield "service.max_instances", str(spec.effective_max_instances), str(most)
    generation = spec.effective_generation
    if generation:
        yield "service.execution_environment", generation.value, found.generation or UNSET
    yield "service.cpu_boost", _yes(spec.cpu_boost), _yes(found.cpu_boost)
    billing = Billing.REQUEST if found.cpu_throttled else Billing.INSTANCE
    yield "service.billing", spec.billing.value, billing.value
    yield "service.port", str(spec.port), str(found.port or 8080)
    yield "service.service_account", account_of(spec), found.service_account or UNSET
    yield from _of_table("service.environment", release.environment, found.environment)
    yield from _of_table("service.secrets", release.secrets, found.secrets)
    for name, probe, given in (
        ("startup_probe", spec.startup_probe, found.startup_probe),
        ("liveness_probe", spec.liveness_probe, found.liveness_probe),
    ):
        yield f"service.{name}", _wanted_probe(probe, spec), _found_probe(given, probe)


def _of_service(release: Release, found: Service, settings: RevisionSettings) -> Iterator[_Pair]:
    spec = release.spec
    least = max(found.min_instances, settings.min_instances)
    yield "service.min_instances", str(spec.min_instances), str(least)
    yield "service.ingress", spec.ingress.value, found.ingress
    for name, value in release.labels.items():
        if name != COMMIT_LABEL:
            yield f"service.labels.{name}", value, found.labels.get(name, UNSET)


def _of_table(section: str, wanted: Mapping[str, str], found: Mapping[str, str]) -> Iterator[_Pair]:
    for name in dict.fromkeys((*wanted, *found)):
        left, right = wanted.get(name, UNSET), found.get(name, UNSET)
        # Somebody may have written a secret into the console; it is not repeated here.
        if section == "service.environment" and left != right:
            left, right = _masked(name, left), _masked(name, right, " (another value)")
        yield f"{section}.{name}", left, right


def _masked(name: str, value: str, besides: str = "") -> str:
    return f"{HIDDEN}{besides}" if value != UNSET and secret_reason(name, value) else value


def _wanted_probe(probe: Probe | None, spec: ServiceSpec) -> str:
    return UNSET if probe is None else _probe_text(probe_fields(probe, spec))


def _found_probe(given: Mapping[str, Any] | None, wanted: Probe | None) -> str:
    if not given:
        return UNSET
    fields = {**_PROBE_DEFAULTS}
    for key, value in given.items():
        if isinstance(value, Mapping):
            fields |= {f"{key}.{name}": str(inner) for name, inner in value.items()}
        elif value is not None:
            fields[key] = str(value)
    is_default = "tcpSocket.port" in fields and _DEFAULT_STARTUP.items() <= fields.items()
    if wanted is None and is_default:
        return UNSET
    return _probe_text(fields)


def _probe_text(fields: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(fields.items()))


def _cpu(given: str) -> str:
    try:
        return str(Cpu.parse(given))
    except QuantityError:
        return given or UNSET


def _memory(given: str) -> str:
    try:
        return str(Memory.parse(given))
    except QuantityError:
        return given or UNSET


def _yes(value: bool) -> str:
    return str(value).lower()
