"""Steps that provide what a service needs around it: APIs, a repository, an account. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hipflask.cloudrun.command import Command, gcloud
from hipflask.cloudrun.observed import Observed, ObservedSecret
from hipflask.cloudrun.plan.options import Options
from hipflask.cloudrun.plan.words import count
from hipflask.cloudrun.release import account_domain, account_id, account_of
from hipflask.cloudrun.roles import READER
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.cloudrun.step import Step, StepName

APIS: Final = (
    "run.googleapis.com",
    "artifactregistry.googleapis.com",
    "secretmanager.googleapis.com",
    "iam.googleapis.com",
)
CLOUD_BUILD: Final = "cloudbuild.googleapis.com"


def services(spec: ServiceSpec, observed: Observed, options: Options) -> Step:
    wanted = APIS if options.builder.is_local else (*APIS, CLOUD_BUILD)
    missing = [name for name in wanted if name not in observed.apis]
    if not missing:
        return Step(StepName.SERVICES, "Google's APIs are on", in_place=True)
    return Step(
        StepName.SERVICES,
        f"Switch on {count(len(missing), 'API')}",
        (gcloud("services", "enable", *missing, project=spec.project),),
    )


def repository(spec: ServiceSpec, observed: Observed) -> Step:
    if observed.repository_format:
        title = f"The repository {spec.repository} is there"
        return Step(StepName.REPOSITORY, title, in_place=True)
    command = gcloud(
        *("artifacts", "repositories", "create", spec.repository),
        repository_format="docker",
        location=spec.region,
        description="Images of Hipflask projects",
        project=spec.project,
    )
    title = f"Make the repository {spec.repository} for images"
    return Step(StepName.REPOSITORY, title, (command,))


def docker_auth(spec: ServiceSpec, observed: Observed, options: Options) -> Iterator[Step]:
    if not options.builder.is_local:
        return
    host = f"{spec.region}-docker.pkg.dev"
    if observed.has_docker_helper:
        title = f"{options.builder.value} signs in to {host} by gcloud"
        yield Step(StepName.DOCKER_AUTH, title, in_place=True)
        return
    command = gcloud("auth", "configure-docker", host, quiet=True)
    title = f"Let {options.builder.value} sign in to {host} by gcloud"
    yield Step(StepName.DOCKER_AUTH, title, (command,))


def account(spec: ServiceSpec, observed: Observed) -> Step:
    address = account_of(spec)
    commands: list[Command] = []
    if not observed.has_account and address.endswith(f"@{account_domain(spec)}"):
        commands.append(
            gcloud(
                *("iam", "service-accounts", "create", account_id(spec)),
                display_name=f"Runs {spec.name}",
                project=spec.project,
            )
        )
    member = f"serviceAccount:{address}"
    names = dict.fromkeys(reference.name for reference in spec.secrets.values())
    unread = [
        name for name in names if member not in observed.secrets.get(name, ObservedSecret()).readers
    ]
    commands += [
        gcloud(
            *("secrets", "add-iam-policy-binding", name),
            member=member,
            role=READER,
            project=spec.project,
        )
        for name in unread
    ]
    may = f"may read {count(len(names), 'secret')} and nothing else" if names else "may do nothing"
    if not commands:
        title = f"The account {account_id(spec)} {may}"
        return Step(StepName.ACCOUNT, title, in_place=True)
    verb = "Let" if observed.has_account else "Make"
    title = f"{verb} the account {account_id(spec)}, which {may}"
    if observed.has_account:
        title = f"Let the account {account_id(spec)} read {count(len(unread), 'more secret')}"
    return Step(StepName.ACCOUNT, title, tuple(commands))
