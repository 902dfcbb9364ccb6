"""APIs, repository, sign-in and account: to do, or in place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hipflask.cloudrun.image_build import Builder
from hipflask.cloudrun.observed import Observed, ObservedSecret
from hipflask.cloudrun.plan import Options, supplies
from hipflask.cloudrun.spec import SecretRef, ServiceSpec
from hipflask.cloudrun.step import Step
from tests.cloudrun.running import APIS, in_place
from tests.cloudrun.specs import GOOD, spec

MEMBER = "serviceAccount:corner-shop-run@corner-shop-1234.iam.gserviceaccount.com"


def texts(step: Step) -> list[str]:
    assert bool(step.commands) != step.in_place
    return [command.text for command in step.commands]


def account(observed: Observed, given: ServiceSpec = GOOD) -> Step:
    return supplies.account(given, observed)


def test_apis_that_are_on_are_in_place() -> None:
    assert texts(supplies.services(GOOD, in_place(), Options())) == []


@pytest.mark.parametrize(
    ("apis", "builder", "enabled", "title"),
    [
        (frozenset(), Builder.DOCKER, "run artifactregistry secretmanager iam", "4 APIs"),
        (APIS - {"iam.googleapis.com"}, Builder.BUILDAH, "iam", "1 API"),
        (APIS, Builder.CLOUDBUILD, "cloudbuild", "1 API"),
    ],
)
def test_missing_apis_are_switched_on(
    apis: frozenset[str], builder: Builder, enabled: str, title: str
) -> None:
    step = supplies.services(GOOD, in_place(apis=apis), Options(builder))
    names = " ".join(f"{name}.googleapis.com" for name in enabled.split())
    assert texts(step) == [f"gcloud services enable {names} --project=corner-shop-1234"]
    assert step.title == f"Switch on {title}"


def test_repository_is_made_once() -> None:
    assert texts(supplies.repository(GOOD, in_place())) == []
    [made] = texts(supplies.repository(GOOD, in_place(repository_format="")))
    assert made.startswith("gcloud artifacts repositories create hipflask --repository-format=")
    assert "--location=us-west1" in made


@pytest.mark.parametrize("builder", [Builder.DOCKER, Builder.BUILDAH])
def test_local_builder_signs_in_by_gcloud(builder: Builder) -> None:
    [there] = supplies.docker_auth(GOOD, in_place(), Options(builder))
    [missing] = supplies.docker_auth(GOOD, in_place(has_docker_helper=False), Options(builder))
    assert texts(there) == []
    host = "us-west1-docker.pkg.dev"
    assert texts(missing) == [f"gcloud auth configure-docker {host} --quiet"]
    assert builder.value in missing.title


def test_account_is_made_and_may_read_the_secrets() -> None:
    step = account(in_place(has_account=False, secrets={}))
    made, *granted = texts(step)
    assert made.startswith("gcloud iam service-accounts create corner-shop-run ")
    assert [text.split()[3] for text in granted] == [
        "corner-shop-secret-key",
        "corner-shop-database-url",
    ]
    assert all(f"--member={MEMBER}" in text for text in granted)
    assert step.title == (
        "Make the account corner-shop-run, which may read 2 secrets and nothing else"
    )


def test_account_in_place_is_left_alone() -> None:
    assert texts(account(in_place())) == []


def test_account_may_read_what_it_could_not() -> None:
    known = in_place().secrets
    step = account(in_place(secrets={**known, "corner-shop-secret-key": ObservedSecret(1, 1)}))
    [text] = texts(step)
    assert "add-iam-policy-binding corner-shop-secret-key" in text
    assert step.title == "Let the account corner-shop-run read 1 more secret"


def test_shared_secret_is_granted_once() -> None:
    shared = replace(GOOD, secrets=dict.fromkeys("AB", SecretRef("shared")))
    assert len(texts(account(in_place(shared, secrets={}), shared))) == 1


def test_account_without_secrets_may_do_nothing() -> None:
    bare = replace(GOOD, secrets={})
    assert account(in_place(bare), bare).title == "The account corner-shop-run may do nothing"


@pytest.mark.parametrize(
    ("given", "makes"),
    [
        (spec(service_account="shop"), True),
        (spec(service_account="shop@corner-shop-1234.iam.gserviceaccount.com"), True),
        (spec(service_account="shop@another.iam.gserviceaccount.com"), False),
        (spec(project="example.com:shop"), True),
    ],
)
def test_account_of_another_project_is_not_made(given: ServiceSpec, makes: bool) -> None:
    step = account(in_place(given, has_account=False), given)
    assert any("service-accounts create" in text for text in texts(step)) == makes
