"""Whether Cloud Run takes a spec, and whether the application can live with it. Pure.

A rule is a function from a spec (and what is known around it) to findings; a file holds the rules
of one noun. ``validate`` asks them all. Imports ``hipflask.protocol``, ``hipflask.errors`` and the
pure modules of this room, no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hipflask.cloudrun.finding import Finding, Severity
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.cloudrun.validate import (
    connections,
    cpu,
    database,
    environment,
    instances,
    memory,
    money,
    names,
    probes,
    requests,
    secrets,
    uploads,
)
from hipflask.cloudrun.validate.context import APPLICATION_NEEDS, Context

__all__ = ["APPLICATION_NEEDS", "Context", "sizing_errors", "validate"]

_ORDER: Final = {kind: place for place, kind in enumerate(Severity)}
_RULES: Final = (
    *names.RULES,
    *cpu.RULES,
    *memory.RULES,
    *requests.RULES,
    *instances.RULES,
    *environment.RULES,
    *secrets.RULES,
    *probes.RULES,
    *connections.RULES,
    *uploads.RULES,
    *money.RULES,
)
_CONTEXT_RULES: Final = (
    *environment.CONTEXT_RULES,
    *database.CONTEXT_RULES,
    *connections.CONTEXT_RULES,
    *requests.CONTEXT_RULES,
    *probes.CONTEXT_RULES,
)
# These depend on each other: nearest.py settles them together.
_SIZING: Final = (*cpu.RULES, *memory.RULES, *requests.RULES)


def validate(spec: ServiceSpec, context: Context | None = None) -> list[Finding]:
    """Return what is wrong or doubtful, errors first; the order is otherwise the rules'."""
    around = context or Context()
    found = [finding for rule in _RULES for finding in rule(spec)]
    found += [finding for rule in _CONTEXT_RULES for finding in rule(spec, around)]
    return _worst_first(found)


def sizing_errors(spec: ServiceSpec) -> list[Finding]:
    """Return what Cloud Run would reject in the size of an instance and its requests."""
    return [finding for rule in _SIZING for finding in rule(spec) if finding.is_error]


def _worst_first(found: Iterable[Finding]) -> list[Finding]:
    return sorted(found, key=lambda finding: _ORDER[finding.severity])
