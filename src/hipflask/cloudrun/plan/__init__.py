"""Decides what a deploy does: the spec and what is in place go in, ordered steps come out. Pure."""

from __future__ import annotations

from hipflask.cloudrun.observed import Observed
from hipflask.cloudrun.plan import image, supplies
from hipflask.cloudrun.plan.options import Options
from hipflask.cloudrun.plan.revision import release_steps
from hipflask.cloudrun.plan.secrets import secret_versions, secrets
from hipflask.cloudrun.release import COMMIT_LABEL, MADE_BY, Release, SourceVersion
from hipflask.cloudrun.service import RevisionSettings
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.cloudrun.step import Plan, Step
from hipflask.errors import NameTaken

__all__ = ["Options", "plan_deploy", "plan_update"]


def plan_deploy(
    spec: ServiceSpec, source: SourceVersion, observed: Observed, options: Options
) -> Plan:
    """Return the steps that bring this state of the code to Cloud Run.

    Raises SpecRefused for a secret that is nowhere, NameTaken for a service or repository of that
    name that is something else, and DeployError for a share of the traffic that cannot be.
    """
    _refuse_taken_names(spec, observed, adopt=options.adopt)
    release = _release(spec, source, observed, f"{spec.image_path}:{source.tag}")
    steps = [
        supplies.services(spec, observed, options),
        supplies.repository(spec, observed),
        *supplies.docker_auth(spec, observed, options),
        secrets(spec, observed),
        supplies.account(spec, observed),
        *image.build(release, observed, options, source),
        *image.migrations(observed, options),
        *release_steps(release, observed, options),
    ]
    return _plan(release, steps, observed, options)


def plan_update(
    spec: ServiceSpec, serving: RevisionSettings, observed: Observed, options: Options
) -> Plan:
    """Return the steps that give the image which runs (``serving``) the settings of the file.

    Raises as ``plan_deploy`` does.
    """
    _refuse_taken_names(spec, observed, adopt=options.adopt)
    tag = serving.image.rpartition(":")[2]
    source = SourceVersion(tag=tag, commit=serving.labels.get(COMMIT_LABEL, ""))
    release = _release(spec, source, observed, serving.image)
    steps = [
        secrets(spec, observed),
        supplies.account(spec, observed),
        *release_steps(release, observed, options, word="update"),
    ]
    return _plan(release, steps, observed, options)


def _plan(release: Release, steps: list[Step], observed: Observed, options: Options) -> Plan:
    # Before there is a revision for visitors nobody has the rest of the traffic.
    is_first = not observed.has_ready_revision
    return Plan(release, tuple(steps), is_first, 100 if is_first else options.canary)


def _release(spec: ServiceSpec, source: SourceVersion, observed: Observed, image: str) -> Release:
    number = 1 if observed.service is None else observed.service.generation + 1
    return Release(
        spec=spec,
        image=image,
        revision=f"{spec.name}-{number:05d}-{source.short.lower()}",
        project_number=observed.project_number,
        versions=secret_versions(spec, observed),
        commit=source.commit,
    )


def _refuse_taken_names(spec: ServiceSpec, observed: Observed, *, adopt: bool) -> None:
    service = observed.service
    if service is not None and not adopt and service.labels.get(MADE_BY[0]) != MADE_BY[1]:
        raise NameTaken(
            f"There is a service {spec.name} in {spec.region} already, and Hipflask did not make"
            " it.",
            name=spec.name,
            hint="Choose another service.name in hipflask.toml, or take the service over: --adopt"
            " (its settings become those of the file, its old revision stays for a rollback).",
        )
    if observed.repository_format not in ("", "DOCKER"):
        raise NameTaken(
            f"The repository {spec.repository} holds {observed.repository_format} packages, not"
            " images.",
            name=spec.repository,
            hint="Choose another cloud.repository in hipflask.toml.",
        )
