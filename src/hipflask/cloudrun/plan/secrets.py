"""The step that puts secrets into Secret Manager, and which version a revision gets. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from hipflask.cloudrun.command import Command, gcloud
from hipflask.cloudrun.observed import Observed, ObservedSecret
from hipflask.cloudrun.plan.words import count
from hipflask.cloudrun.release import secret_sources
from hipflask.cloudrun.spec import SecretRef, ServiceSpec
from hipflask.cloudrun.step import Step, StepName
from hipflask.errors import SpecRefused

SECRET_KEY: Final = "SECRET_KEY"
"""The variable whose value a deploy can make up: nobody has to know it."""


def useless_values(spec: ServiceSpec, values: Mapping[str, str]) -> dict[str, str]:
    """Return the variables whose values no deploy brings to the cloud, and why."""
    sources = secret_sources(spec, values)
    found = {}
    for name, value in values.items():
        reference = spec.secrets.get(name)
        if reference is None:
            found[name] = "[service.secrets] of hipflask.toml does not name it."
        elif reference.is_numbered:
            found[name] = f"hipflask.toml asks for {reference.name}, version {reference.version}."
        elif value != values[sources[reference.name]]:
            source = sources[reference.name]
            found[name] = f"the secret {reference.name} gets the value of {source}."
    return found


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
        names = {reference.name for reference in spec.secrets.values()}
        title = f"{count(len(names), 'secret')} in Secret Manager"
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
    if reference.is_numbered:
        if secret is not None and int(reference.version) <= secret.newest:
            return False
        raise SpecRefused(
            f"The secret {reference.name} has no version {reference.version} in Secret Manager.",
            codes=("secret-absent",),
            hint="Leave the number out in hipflask.toml to get the newest version, which a deploy"
            " makes of .env.production; or name a version that is there: gcloud secrets versions"
            f" list {reference.name} --project={spec.project}",
        )
    if secret is not None and secret.usable and not secret.differs:
        return False
    if variable not in observed.given and variable != SECRET_KEY:
        what = "has no version that can be read" if secret else "is not in Secret Manager"
        raise SpecRefused(
            f"The secret {reference.name} {what}, and no value for {variable} is at hand.",
            codes=("secret-absent",),
            hint=f"Write {variable}=… into .env.production (which is not committed) and repeat, or"
            f" make it yourself: gcloud secrets create {reference.name}"
            f" --replication-policy=automatic --data-file=FILE --project={spec.project}",
        )
    return True
