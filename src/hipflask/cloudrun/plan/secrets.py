"""The step that puts secrets into Secret Manager, and which version a revision gets. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hipflask.cloudrun.command import Command, gcloud
from hipflask.cloudrun.observed import Observed, ObservedSecret
from hipflask.cloudrun.plan.words import count
from hipflask.cloudrun.release import secret_sources
from hipflask.cloudrun.spec import DEFAULT_SECRET_VERSION, SecretRef, ServiceSpec
from hipflask.cloudrun.step import Step, StepName
from hipflask.errors import SpecRefused

SECRET_KEY: Final = "SECRET_KEY"
"""The variable whose value a deploy can make up: nobody has to know it."""


def secrets(spec: ServiceSpec, observed: Observed) -> Step:
    """Return the step that makes missing secrets and adds changed values as versions."""
    commands: list[Command] = []
    added = dict(_to_add(spec, observed))
    for name, variable in added.items():
        if name not in observed.secrets:
            commands.append(
                gcloud(
                    *("secrets", "create", name),
                    replication_policy="automatic",
                    project=spec.project,
                )
            )
        commands.append(
            gcloud(
                *("secrets", "versions", "add", name),
                stdin_of=variable,
                data_file="-",
                project=spec.project,
            )
        )
    if not commands:
        title = f"{count(len(spec.secrets), 'secret')} in Secret Manager"
        return Step(StepName.SECRETS, title, in_place=True)
    title = f"Put {count(len(added), 'secret')} into Secret Manager"
    return Step(StepName.SECRETS, title, tuple(commands))


def secret_versions(spec: ServiceSpec, observed: Observed) -> dict[str, str]:
    """Return the version of each secret that the new revision gets: the newest after the step."""
    added = dict(_to_add(spec, observed))
    versions = {}
    for reference in spec.secrets.values():
        known = observed.secrets.get(reference.name) or ObservedSecret()
        number = known.newest + 1 if reference.name in added else known.usable
        versions[reference.name] = str(number)
    return versions


def _to_add(spec: ServiceSpec, observed: Observed) -> Iterator[tuple[str, str]]:
    """Yield each secret that needs a new version, with the variable whose value it gets."""
    variables = secret_sources(spec, observed.given)
    for reference in spec.secrets.values():
        variable = variables[reference.name]
        if _needs_version(reference, variable, spec, observed):
            yield reference.name, variable


def _needs_version(
    reference: SecretRef, variable: str, spec: ServiceSpec, observed: Observed
) -> bool:
    """Tell whether a version is to be added. Raises SpecRefused where no value is at hand."""
    secret = observed.secrets.get(reference.name)
    if secret is not None and secret.usable and not secret.differs:
        return False
    is_numbered = reference.version != DEFAULT_SECRET_VERSION
    if is_numbered and secret is not None:
        return False
    if is_numbered or (variable not in observed.given and variable != SECRET_KEY):
        what = "has no version that can be read" if secret else "is not in Secret Manager"
        raise SpecRefused(
            f"The secret {reference.name} {what}, and no value for {variable} is at hand.",
            codes=("secret-absent",),
            hint=f"Write {variable}=… into .env.production (which is not committed) and repeat, or"
            f" make it yourself: gcloud secrets create {reference.name}"
            f" --replication-policy=automatic --data-file=FILE --project={spec.project}",
        )
    return True
