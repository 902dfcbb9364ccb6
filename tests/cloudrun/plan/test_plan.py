"""A deploy as a whole: which steps there are, in which order, and what refuses it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from hipflask.cloudrun.image_build import Builder
from hipflask.cloudrun.observed import Observed, ObservedSecret
from hipflask.cloudrun.plan import Options, plan_deploy, plan_update
from hipflask.cloudrun.release import MADE_BY, SourceVersion
from hipflask.cloudrun.service import Service
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.cloudrun.step import Plan, StepName
from hipflask.errors import DeployError, NameTaken
from tests.cloudrun.running import NUMBER, described, in_place, release, running
from tests.cloudrun.specs import GOOD, spec

SOURCE = SourceVersion(tag="abc1234def56", commit="abc1234def567890")
# The commit of the service that runs; a deploy brings another one.
OLD = release(
    image=f"{GOOD.image_path}:0ld1234def56",
    revision="corner-shop-00001-0ld1234",
    commit="0ld1234def567890",
)


def plan(observed: Observed, given: ServiceSpec = GOOD, **options: Any) -> Plan:
    return plan_deploy(given, SOURCE, observed, Options(**options))


def names(steps: tuple[Any, ...]) -> list[str]:
    return [step.name.value for step in steps]


def test_empty_project_gets_everything() -> None:
    given = Observed(project_number=NUMBER, given=frozenset({"DATABASE_URL"}), pending=("1_a",))
    made = plan(given)
    everything = [each.value for each in StepName if each is not StepName.TRAFFIC]
    assert names(made.to_do) == everything
    assert names(made.steps) == [each.value for each in StepName]
    assert made.is_new


def test_second_deploy_brings_a_revision_only() -> None:
    made = plan(in_place(service=running(OLD), pending=()))
    assert names(made.to_do) == ["build", "push", "revision", "smoke", "traffic", "verify"]
    assert names(made.changes) == ["build", "push", "revision", "traffic"]
    assert not made.is_new


def test_same_again_changes_nothing() -> None:
    made = plan(in_place(service=running(), image_digest="sha256:1", pending=()))
    assert names(made.changes) == []
    assert names(made.to_do) == ["smoke", "verify"]


def test_revision_is_named_after_its_number_and_commit() -> None:
    assert plan(in_place()).release.revision == "corner-shop-00001-abc1234"
    document = described(OLD)
    document["metadata"]["generation"] = 41
    made = plan(in_place(service=Service.parse(document)))
    assert made.release.revision == "corner-shop-00042-abc1234"


def test_longest_service_name_leaves_a_valid_revision() -> None:
    longest = spec(name="a" * 49)
    assert re.fullmatch(r"[a-z][a-z0-9-]{0,62}", plan(in_place(longest), longest).release.revision)


def test_failed_first_revision_counts_as_none() -> None:
    failed = running(OLD, latestReadyRevisionName="", conditions=[], traffic=[])
    made = plan(in_place(service=failed), canary=10)
    assert made.is_new
    assert made.canary == 100
    revision = made.step(StepName.REVISION)
    assert revision
    assert "--no-traffic" not in revision.commands[0].argv


def test_first_revision_has_all_traffic_whatever_was_asked() -> None:
    assert plan(in_place(), canary=10).canary == 100
    assert plan(in_place(service=running(OLD)), canary=10).canary == 10


def test_cloud_build_signs_in_nowhere_and_pushes_itself() -> None:
    made = plan(in_place(), builder=Builder.CLOUDBUILD)
    assert {"docker-auth", "push"}.isdisjoint(names(made.steps))
    assert "cloudbuild.googleapis.com" in made.steps[0].commands[0].argv


@pytest.mark.parametrize(
    ("options", "left_out"), [({"smoke": False}, "smoke"), ({"migrate": False}, "migrations")]
)
def test_step_may_be_left_out(options: dict[str, bool], left_out: str) -> None:
    observed = in_place(pending=("1_a",))
    assert left_out in names(plan(observed).steps)
    assert left_out not in names(plan(observed, **options).steps)


def foreign() -> Service:
    """A service that somebody made in the console."""
    document = described(OLD)
    document["metadata"]["labels"] = {}
    return Service.parse(document)


def test_service_of_somebody_else_is_refused() -> None:
    with pytest.raises(NameTaken, match="did not make") as caught:
        plan(in_place(service=foreign()))
    assert "--adopt" in caught.value.hint
    assert caught.value.name == "corner-shop"


def test_service_of_somebody_else_may_be_adopted() -> None:
    step = plan(in_place(service=foreign()), adopt=True).step(StepName.REVISION)
    assert step
    assert any(f"{MADE_BY[0]}={MADE_BY[1]}" in word for word in step.commands[0].argv)


@pytest.mark.parametrize("adopt", [False, True])
def test_repository_of_other_packages_is_refused(adopt: bool) -> None:
    with pytest.raises(NameTaken, match="PYTHON packages"):
        plan(in_place(repository_format="PYTHON"), adopt=adopt)


def test_plan_for_machines_has_each_step() -> None:
    step = plan(in_place()).step(StepName.BUILD)
    assert step
    assert step.to_json() == {
        "step": "build",
        "title": "Build corner-shop:abc1234def56",
        "in_place": False,
        "commands": [command.text for command in step.commands],
        "note": "",
    }


def update(observed: Observed, given: ServiceSpec = GOOD, **options: Any) -> Plan:
    serving = observed.service.template if observed.service else running(OLD).template
    return plan_update(given, serving, observed, Options(**options))


def test_update_keeps_the_image_and_its_commit() -> None:
    made = update(in_place(service=running(OLD)), spec(max_instances=5))
    assert names(made.to_do) == ["revision", "smoke", "traffic", "verify"]
    assert (made.release.image, made.release.commit) == (OLD.image, "0ld1234def56")
    revision = made.step(StepName.REVISION)
    assert revision
    assert revision.commands[0].argv[:4] == ("gcloud", "run", "services", "update")


def test_update_without_a_change_changes_nothing() -> None:
    assert names(update(in_place(service=running(OLD))).changes) == []


@pytest.mark.parametrize(
    "image",
    [
        "us-docker.pkg.dev/cloudrun/container/hello",
        "us-docker.pkg.dev/p/r/shop@sha256:0123456789abcdef",
        "us-docker.pkg.dev/p/r/shop:v1.2_3",
        "",
    ],
)
def test_update_of_any_image_has_a_valid_name(image: str) -> None:
    made = update(in_place(service=running(replace(OLD, image=image))), spec(max_instances=5))
    assert re.fullmatch(r"corner-shop-00002-[a-z0-9]{1,7}", made.release.revision)


def test_changed_secret_is_a_new_revision() -> None:
    before = in_place()
    secrets = {**before.secrets, "corner-shop-secret-key": ObservedSecret(4, 3, differs=True)}
    observed = replace(before, service=running(OLD), given=frozenset({"SECRET_KEY"}))
    made = update(replace(observed, secrets=secrets))
    assert made.release.secrets["SECRET_KEY"] == "corner-shop-secret-key:5"
    assert names(made.changes) == ["secrets", "account", "revision", "traffic"]


def test_share_that_leaves_the_rest_to_nobody_is_refused() -> None:
    with pytest.raises(DeployError, match="has all traffic already") as caught:
        plan(in_place(service=running(), image_digest="sha256:1"), canary=10)
    assert "=10 REVISION=90" in caught.value.hint
