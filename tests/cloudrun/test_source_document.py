"""The command of the document that Hipflask began with, which Cloud Run rejects.

gcloud run deploy flask-minimal --image=us-west1-docker.pkg.dev/…/flask-repo/flask-minimal
  --region=us-west1 --memory=128Mi --cpu=0.1 --min-instances=0 --max-instances=1
  --concurrency=10 --allow-unauthenticated
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from hipflask.cloudrun.finding import Finding
from hipflask.cloudrun.nearest import Proposal, nearest
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.cloudrun.spec_file import parse_spec
from hipflask.cloudrun.validate import Context, validate

FILE = """
[cloud]
project = "flask-minimal-1"
region = "us-west1"
repository = "flask-repo"

[service]
name = "flask-minimal"
memory = "128Mi"
cpu = 0.1
min_instances = 0
max_instances = 1
concurrency = 10
public = true
"""
# The document's application has no settings of Hipflask's.
ANY_APPLICATION = Context(needs=())


@pytest.fixture
def command() -> ServiceSpec:
    return parse_spec(FILE).spec


@pytest.fixture
def errors(command: ServiceSpec) -> list[Finding]:
    return [finding for finding in validate(command, ANY_APPLICATION) if finding.is_error]


@pytest.fixture
def proposals(command: ServiceSpec) -> list[Proposal]:
    return nearest(command)


def test_has_one_error(errors: list[Finding]) -> None:
    assert [error.code for error in errors] == ["cpu-fraction-concurrency"]


def test_error_is_told_in_plain_words(errors: list[Finding]) -> None:
    (error,) = errors
    assert error.field == "service.concurrency"
    assert error.what == (
        "An instance with 0.1 vCPU takes one request at a time, but service.concurrency is 10."
    )
    assert "gcloud does not check this" in error.why
    assert "service.concurrency = 1, or service.cpu = 1" in error.remedy


def test_error_quotes_cloud_run(errors: list[Finding]) -> None:
    (error,) = errors
    assert error.rejection == (
        "spec.template.spec.containers.resources.limits.cpu: Invalid value specified for cpu."
        " Total cpu < 1 is not supported with concurrency > 1."
    )


def test_nearest_are_the_five_of_the_facts(proposals: list[Proposal]) -> None:
    first_generation = ("--execution-environment=gen1", "--cpu-throttling")
    assert [proposal.flags for proposal in proposals] == [
        ("--cpu=0.1", "--memory=128Mi", "--concurrency=1", *first_generation),
        ("--cpu=0.167", "--memory=256Mi", "--concurrency=1", *first_generation),
        ("--cpu=0.5", "--memory=512Mi", "--concurrency=1", *first_generation),
        ("--cpu=1", "--memory=256Mi", "--concurrency=10", *first_generation),
        ("--cpu=1", "--memory=512Mi", "--concurrency=10", "--cpu-throttling"),
    ]


def test_nearest_have_their_price(proposals: list[Proposal]) -> None:
    assert [proposal.price for proposal in proposals] == [
        Decimal("0.0000027125"),
        Decimal("0.000004633"),
        Decimal("0.00001325"),
        Decimal("0.000024625"),
        Decimal("0.00002525"),
    ]


def test_last_is_recommended(proposals: list[Proposal]) -> None:
    assert [proposal.recommended for proposal in proposals] == [False] * 4 + [True]
    assert "9.3 times" in proposals[-1].comment
    assert "about 9 requests at once" in proposals[-1].comment


def test_doubtful_one_says_so(proposals: list[Proposal]) -> None:
    assert "seen to ask for 512Mi" in proposals[3].comment


def test_nearest_are_complete(command: ServiceSpec, proposals: list[Proposal]) -> None:
    for proposal in proposals:
        assert not [f for f in validate(proposal.spec, ANY_APPLICATION) if f.is_error]
        assert proposal.spec.name == command.name
        assert proposal.spec.max_instances == 1
        assert proposal.spec.image_path == command.image_path


def test_literal_repair_is_one_line(proposals: list[Proposal]) -> None:
    assert proposals[0].changes == ("service.concurrency = 1",)
