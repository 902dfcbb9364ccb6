"""What one deploy brings to Cloud Run: an image, a revision's name, variables, flags. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

from hipflask.cloudrun.command import joined_pairs
from hipflask.cloudrun.flags import sizing_flags
from hipflask.cloudrun.managed_variables import managed_variables
from hipflask.cloudrun.spec import Probe, SecretRef, ServiceSpec

CANDIDATE: Final = "candidate"
"""The tag of the revision that a deploy brings; its address answers before visitors come."""
PREVIOUS: Final = "previous"
"""The tag of the revision that had the traffic before: where `rollback` goes."""
MADE_BY: Final = ("managed-by", "hipflask")
COMMIT_LABEL: Final = "commit"
_LONGEST_ACCOUNT: Final = 30
_LONGEST_HOST_LABEL: Final = 63


@dataclass(frozen=True, slots=True)
class SourceVersion:
    """Which state of the code an image holds.

    ``tag`` is the image's tag: the commit, with a digest of the files where they differ from it.
    """

    tag: str
    commit: str = ""
    is_dirty: bool = False

    @property
    def short(self) -> str:
        """At most seven letters and digits that a revision's name may end in."""
        last = self.tag.rpartition("-")[2].lower()
        return re.sub(r"[^a-z0-9]", "", last)[:7] or "image"


@dataclass(frozen=True, slots=True)
class Release:
    """A spec with everything that only becomes known at a deploy.

    ``versions`` holds the version that each secret is pinned to: a revision keeps its secrets, so
    that going back to it goes back to them, too.
    """

    spec: ServiceSpec
    image: str
    revision: str
    project_number: int
    versions: Mapping[str, str]
    commit: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """The plain variables of the container, in the file's order."""
        return environment_of(self.spec, self.project_number)

    @property
    def secrets(self) -> dict[str, str]:
        """Variable -> ``name:version``, pinned."""
        return {
            variable: str(pinned(reference, self.versions))
            for variable, reference in self.spec.secrets.items()
        }

    @property
    def labels(self) -> dict[str, str]:
        """The spec's labels, and who made it from what."""
        made = {MADE_BY[0]: MADE_BY[1]}
        if self.commit:
            made[COMMIT_LABEL] = self.commit[:12]
        return {**self.spec.labels, **made}

    def flags(self, *, is_new: bool) -> tuple[str, ...]:
        """Return the flags of ``gcloud run deploy`` and of ``gcloud run services update``.

        Every setting of the file is said, also one at Cloud Run's default: a service that exists
        would otherwise keep what an earlier deploy, or somebody in the console, has set.
        """
        spec = self.spec
        most = "default" if spec.max_instances is None else spec.max_instances
        flags = [
            *sizing_flags(spec),
            f"--min={spec.min_instances or 'default'}",
            f"--max-instances={most}",
            f"--timeout={spec.timeout.seconds}",
            f"--port={spec.port}",
            "--cpu-boost" if spec.cpu_boost else "--no-cpu-boost",
            f"--ingress={spec.ingress.value}",
            f"--service-account={account_of(spec)}",
            f"--set-env-vars={joined_pairs(self.environment)}",
            f"--labels={joined_pairs(self.labels)}",
            *_probe_flags(spec, is_new=is_new),
        ]
        if self.secrets:
            flags.append(f"--set-secrets={joined_pairs(self.secrets)}")
        elif not is_new:
            flags.append("--clear-secrets")
        if not is_new:
            # The service's own minimum takes its place: a tagged revision would keep its instances.
            flags.append("--min-instances=default")
        return tuple(flags)


def environment_of(spec: ServiceSpec, project_number: int) -> dict[str, str]:
    """Return the plain variables of the container: the file's, and those that the deploy adds."""
    given = {name: value for name, value in spec.environment.items() if value.strip()}
    added = {**supplied(spec, project_number), **managed_variables(spec)}
    return {**given, **{name: value for name, value in added.items() if name not in given}}


def supplied(spec: ServiceSpec, project_number: int) -> dict[str, str]:
    """Return variables that the file may leave out, because the deploy knows them.

    The address of a service is known before it exists (cloud.google.com/run/docs/triggering/
    https-request, "deterministic URL"); one whose host would be too long has no such address.
    """
    known = {"GOOGLE_CLOUD_PROJECT": spec.project}
    address = address_of(spec, project_number)
    if address:
        known["SITE_URL"] = address
    return known


def address_of(spec: ServiceSpec, project_number: int) -> str:
    """Return the service's own address; empty where it cannot be known."""
    label = f"{spec.name}-{project_number}"
    if not project_number or len(label) > _LONGEST_HOST_LABEL:
        return ""
    return f"https://{label}.{spec.region}.run.app"


def account_id(spec: ServiceSpec) -> str:
    """Return the id of the service's account, the part before the @."""
    if spec.service_account:
        return spec.service_account.partition("@")[0]
    name, suffix = spec.name, "-run"
    if len(name) + len(suffix) > _LONGEST_ACCOUNT:
        # Services whose names begin alike must not share an account, and with it their secrets.
        digest = hashlib.sha256(name.encode()).hexdigest()[:4]
        name = f"{name[: _LONGEST_ACCOUNT - len(suffix) - 5].rstrip('-')}-{digest}"
    return f"{name}{suffix}" if len(name) > 1 else f"{name}{suffix}-as"


def account_of(spec: ServiceSpec) -> str:
    """Return the address of the account that the service runs as."""
    if "@" in spec.service_account:
        return spec.service_account
    return f"{account_id(spec)}@{account_domain(spec)}"


def account_domain(spec: ServiceSpec) -> str:
    """Return what follows the @ in the accounts of the project; a domain's turns round."""
    domain, _, name = spec.project.rpartition(":")
    return ".".join(filter(None, (name, domain, "iam.gserviceaccount.com")))


def pinned(reference: SecretRef, versions: Mapping[str, str]) -> SecretRef:
    """Return a reference with a number for ``latest``, where one is known."""
    if reference.version != "latest":
        return reference
    return replace(reference, version=versions.get(reference.name, reference.version))


def secret_sources(spec: ServiceSpec, given: Collection[str]) -> dict[str, str]:
    """Return for each secret the variable whose value it gets: the first whose value is given."""
    found: dict[str, str] = {}
    for variable, reference in spec.secrets.items():
        known = found.setdefault(reference.name, variable)
        if known not in given and variable in given:
            found[reference.name] = variable
    return found


def _probe_flags(spec: ServiceSpec, *, is_new: bool) -> list[str]:
    flags = []
    for name, probe in (("startup", spec.startup_probe), ("liveness", spec.liveness_probe)):
        if probe is not None:
            flags.append(f"--{name}-probe={joined_pairs(probe_fields(probe, spec))}")
        elif not is_new:
            flags.append(f"--{name}-probe=")
    return flags


def probe_fields(probe: Probe, spec: ServiceSpec) -> dict[str, str]:
    """Return a probe as gcloud writes it."""
    where = {"tcpSocket.port": str(spec.port)}
    if probe.path:
        where = {"httpGet.path": probe.path, "httpGet.port": str(spec.port)}
    return {
        **where,
        "initialDelaySeconds": str(probe.initial_delay.seconds),
        "timeoutSeconds": str(probe.timeout.seconds),
        "periodSeconds": str(probe.period.seconds),
        "failureThreshold": str(probe.failure_threshold),
    }
