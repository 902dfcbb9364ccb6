"""Cloud Run's documented rules about a template, with the server's own words where known.

The words come from reports of rejected deployments; where none was found, the line says so.
Passing here proves that a template keeps the rules we know of, not that Google takes it.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from tests.google.errors import GoogleError, invalid
from tests.google.project import Project
from tests.google.run_template import Template, cpu_of, memory_of
from tests.google.secret_manager import SecretManager

RESERVED = ("PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION")
_CPU = "spec.template.spec.containers.resources.limits.cpu"
_MEMORY = "spec.template.spec.containers.resources.limits.memory"
_MI, _GI = 2**20, 2**30
_WHOLE_CPUS = {
    Decimal(1): (128 * _MI, 4 * _GI),
    Decimal(2): (128 * _MI, 8 * _GI),
    Decimal(4): (2 * _GI, 16 * _GI),
    Decimal(6): (4 * _GI, 24 * _GI),
    Decimal(8): (4 * _GI, 32 * _GI),
}
"""The least and the most memory for so many CPUs."""


def check_name(name: str) -> None:
    """Refuse a service's name that Cloud Run does not take."""
    if not re.fullmatch(r"[a-z]([a-z0-9-]{0,47}[a-z0-9])?", name):
        raise invalid(
            "metadata.name",
            "must use only lowercase alphanumeric characters and dashes, cannot begin or end with "
            "a dash, and cannot be longer than 49 characters",
        )


def check_tags(name: str, traffic: list[dict[str, Any]]) -> None:
    """Refuse a tag that is too long with the name: both stand in one part of an address."""
    for tag in (target.get("tag") or "" for target in traffic):
        if tag and len(tag) + len(name) > 46:
            raise invalid(
                "spec.traffic.tag",
                f"traffic tag '{tag}' and service name '{name}' together are too long. Combined "
                "traffic tag and service name cannot exceed 46 characters.",
            )


def check_template(template: Template, project: Project, secrets: SecretManager) -> None:
    """Refuse a template as the server does before it makes a revision."""
    if not template.containers:
        raise invalid("spec.template.spec.containers", "at least one container is required")
    for number, container in enumerate(template.containers):
        _check_variables(number, container.get("env", []))
    _check_sizes(template)
    if not 0 <= template.concurrency <= 1000:
        raise invalid(
            "spec.template.spec.container_concurrency", "Must be a number between 0 and 1000."
        )
    if not 1 <= int(template.spec["timeoutSeconds"]) <= 3600:
        raise invalid("spec.template.spec.timeout_seconds", "The maximum allowed time is one hour.")
    _check_scaling(template)
    _check_account(template.account, project)
    for use in template.secrets():
        secret = secrets.secrets.get(use.name)
        if secret is None or secret.version(use.version) is None:
            path = f"{secrets.path(use.name)}/versions/{use.version}"
            raise invalid(use.field, f"Secret {path} was not found")


def _check_variables(number: int, variables: list[dict[str, object]]) -> None:
    field = f"spec.template.spec.containers[{number}].env"
    names = [str(it["name"]) for it in variables]
    reserved = [name for name in names if name in RESERVED]
    if reserved:
        raise invalid(
            field,
            f"The following reserved env names were provided: {', '.join(reserved)}. These values "
            "are automatically set by the system.",
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise invalid(field, f"Duplicate env names were provided: {', '.join(twice)}.")
    for index, variable in enumerate(variables):
        if len(str(variable.get("value", ""))) > 32768:
            raise invalid(f"{field}[{index}].value", "length cannot exceed 32768")
    if len(names) > 1000:
        raise invalid(field, "cannot have more than 1000 variables")  # wording ours


def _check_sizes(template: Template) -> None:
    cpus = [cpu_of(container) for container in template.containers]
    for each in cpus:
        if not (Decimal("0.08") <= each < 1 or each in _WHOLE_CPUS):
            raise invalid(
                _CPU,
                "Invalid value specified for cpu. Must be equal to one of "
                "[.08-1], 1.0, 2.0, 4.0, 6.0, 8.0",
            )
    cpu = sum(cpus, Decimal(0))
    memory = sum(memory_of(container) for container in template.containers)
    if cpu < 1:
        words = f"{_CPU_WORDS} Total cpu < 1 is not supported with"
        if template.concurrency > 1:
            raise invalid(_CPU, f"{words} concurrency > 1.")
        if not template.throttled:
            raise invalid(_CPU, f"{words} cpu always allocated (unthrottled).")
        if template.generation == "gen2":
            raise invalid(_CPU, f"{words} gen2 execution environment.")
    if memory < 512 * _MI:
        words = "Invalid value specified for memory. Total memory < 512 Mi is not supported with"
        if template.generation == "gen2":
            raise invalid(_MEMORY, f"{words} gen2 execution environment.")
        if not template.throttled:
            raise invalid(_MEMORY, f"{words} cpu always allocated (unthrottled).")
    _check_memory_range(cpu, memory)


_CPU_WORDS = "Invalid value specified for cpu."


def _check_memory_range(cpu: Decimal, memory: int) -> None:
    if cpu < 1:
        least, most = 128 * _MI, _GI if cpu >= Decimal("0.5") else 512 * _MI
    else:
        fitting = [limits for count, limits in _WHOLE_CPUS.items() if count <= cpu]
        least, most = fitting[-1]
    if not least <= memory <= most:
        words = f"{float(cpu)} CPU, memory must be between {_quantity(least)} and {_quantity(most)}"
        raise invalid(_MEMORY, f"Invalid value specified for memory. For {words} inclusive.")


def _quantity(size: int) -> str:
    return f"{size // _GI}Gi" if size % _GI == 0 else f"{size // _MI}Mi"


def _check_scaling(template: Template) -> None:
    least = int(template.annotations.get("autoscaling.knative.dev/minScale", "0"))
    most = int(template.annotations["autoscaling.knative.dev/maxScale"])
    if most < 1 or least > most:
        raise invalid(
            "spec.template.metadata.annotations[autoscaling.knative.dev/maxScale]",
            "must be greater than or equal to min_instance_count",
        )


def _check_account(email: str, project: Project) -> None:
    if email not in project.service_accounts:
        raise GoogleError(
            403,
            "Permission 'iam.serviceaccounts.actAs' denied on service account "
            f"{email} (or it may not exist).",
        )
