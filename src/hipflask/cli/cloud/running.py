"""The service that runs, and what `describe`, `update`, `traffic` and `rollback` need of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hipflask.cli.cloud.cloud_project import CloudProject
from hipflask.cloudrun.drift import Difference, differences_of
from hipflask.cloudrun.observe.project import (
    find_invokers,
    find_project_number,
    find_service,
    list_revisions,
)
from hipflask.cloudrun.roles import EVERYBODY
from hipflask.cloudrun.service import RevisionSettings, Service
from hipflask.errors import DeployError


@dataclass(frozen=True)
class Running:
    """A service with its revisions, the newest first; ``serving`` has the most traffic."""

    service: Service
    revisions: Sequence[RevisionSettings]
    serving: RevisionSettings
    drift: tuple[Difference, ...]
    is_public: bool


def service_of(project: CloudProject) -> Service:
    """Return the project's service. Raises DeployError where there is none."""
    project.require_names()
    service = find_service(project.spec, project.gcloud)
    if service is None:
        raise DeployError(
            f"There is no service {project.spec.name} in {project.spec.region}.",
            hint="Make it: hipflask cloud deploy. Another region or name? See cloud.region and"
            f" service.name in {project.file.name}; `gcloud run services list` shows all.",
        )
    return service


def look_at(project: CloudProject) -> Running:
    """Return everything about the service that runs."""
    project.require_names()
    spec, gcloud = project.spec, project.gcloud
    with gcloud.at_once() as pool:
        found = pool.submit(service_of, project)
        listed = pool.submit(list_revisions, spec, gcloud)
        number = pool.submit(find_project_number, spec, gcloud)
        invokers = pool.submit(find_invokers, spec, gcloud)
        service, revisions = found.result(), listed.result()
    serving = serving_revision(service, revisions)
    is_public = EVERYBODY in invokers.result()
    drift = differences_of(spec, serving, service, number.result())
    if is_public != spec.public:
        words = {True: "true", False: "false"}
        drift += (Difference("service.public", words[spec.public], words[is_public]),)
    return Running(service, revisions, serving, drift, is_public)


def serving_revision(service: Service, revisions: Sequence[RevisionSettings]) -> RevisionSettings:
    """Return the revision with the most traffic; the service's newest where none has any."""
    by_name = {each.name: each for each in revisions}
    return by_name.get(service.serving, service.template)
