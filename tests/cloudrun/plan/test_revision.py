"""From a new revision to its visitors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hipflask.cloudrun.observed import Observed
from hipflask.cloudrun.plan import Options
from hipflask.cloudrun.plan.revision import release_steps, traffic_command
from hipflask.cloudrun.release import Release
from hipflask.cloudrun.service import Service
from hipflask.cloudrun.step import Step, StepName
from tests.cloudrun.running import described, in_place, release, running
from tests.cloudrun.specs import GOOD, spec

OLD, NEW = "corner-shop-00001-abc1234", "corner-shop-00002-def4567"
WANTED = release(image=f"{GOOD.image_path}:def4567", revision=NEW)


def steps(observed: Observed, wanted: Release = WANTED, **options: Any) -> dict[StepName, Step]:
    return {step.name: step for step in release_steps(wanted, observed, Options(**options))}


def argv(step: Step) -> tuple[str, ...]:
    [command] = step.commands
    return command.argv


def candidate(**status: Any) -> Service:
    """The new revision as a candidate that no visitor gets, beside the old one that all get."""
    targets = [
        {"revisionName": OLD, "percent": 100},
        {"revisionName": NEW, "tag": "candidate", "url": "https://candidate---shop.a.run.app"},
    ]
    return running(WANTED, **{"traffic": targets, **status})


def test_first_revision_starts_behind_closed_doors() -> None:
    found = steps(in_place(invokers=frozenset()))
    revision = argv(found[StepName.REVISION])
    assert "--no-allow-unauthenticated" in revision
    assert "--no-traffic" not in revision
    assert f"--revision-suffix={NEW.removeprefix('corner-shop-')}" in revision
    assert argv(found[StepName.ACCESS])[3] == "add-iam-policy-binding"
    assert found[StepName.TRAFFIC].in_place


def test_next_revision_gets_no_visitor_at_first() -> None:
    revision = argv(steps(in_place(service=running()))[StepName.REVISION])
    assert {"--no-traffic", "--tag=candidate", "--min-instances=default"} <= set(revision)
    assert "--no-allow-unauthenticated" not in revision


def test_update_asks_for_the_same_in_other_words() -> None:
    observed = in_place(service=running())
    [update] = [
        step.commands[0].argv
        for step in release_steps(WANTED, observed, Options(), word="update")
        if step.name is StepName.REVISION
    ]
    deploy = argv(steps(observed)[StepName.REVISION])
    assert update == ("gcloud", "run", "services", "update", *deploy[3:])


def test_ready_candidate_is_taken() -> None:
    found = steps(in_place(service=candidate()), replace(WANTED, revision="corner-shop-00003-x"))
    assert found[StepName.REVISION].in_place
    assert f"--to-revisions={NEW}=100" in argv(found[StepName.TRAFFIC])


@pytest.mark.parametrize(
    ("service", "wanted"),
    [
        (candidate(latestReadyRevisionName=OLD), WANTED),
        (candidate(latestCreatedRevisionName="corner-shop-00003-x"), WANTED),
        (candidate(traffic=[{"revisionName": OLD, "percent": 100}]), WANTED),
        (candidate(), replace(WANTED, image="another:1")),
        (candidate(), replace(WANTED, spec=spec(max_instances=5))),
        (candidate(), replace(WANTED, versions={"corner-shop-secret-key": "2"})),
    ],
    ids=["not ready", "not the newest", "no candidate", "other image", "other size", "new secret"],
)
def test_candidate_that_is_not_just_that_is_not_taken(service: Service, wanted: Release) -> None:
    assert not steps(in_place(service=service), wanted)[StepName.REVISION].in_place


def test_candidate_is_taken_whatever_the_commit_s_label() -> None:
    found = steps(in_place(service=candidate()), replace(WANTED, commit="ffffffffffff"))
    assert found[StepName.REVISION].in_place


@pytest.mark.parametrize(
    ("public", "is_public", "verb"),
    [
        (True, True, None),
        (False, False, None),
        (True, False, "add-iam-policy-binding"),
        (False, True, "remove-iam-policy-binding"),
    ],
)
def test_doors_are_as_the_file_says(public: bool, is_public: bool, verb: str | None) -> None:
    invokers = in_place(spec(public=is_public)).invokers
    observed = in_place(service=running(), invokers=invokers)
    step = steps(observed, replace(WANTED, spec=spec(public=public)))[StepName.ACCESS]
    assert step.in_place == (verb is None)
    assert [command.argv[3] for command in step.commands] == ([verb] if verb else [])


def test_private_service_is_not_opened_when_it_is_new() -> None:
    private = replace(WANTED, spec=spec(public=False))
    assert steps(in_place(invokers=frozenset()), private)[StepName.ACCESS].in_place


def test_canary_gets_its_share() -> None:
    step = steps(in_place(service=running()), canary=10)[StepName.TRAFFIC]
    assert f"--to-revisions={NEW}=10" in argv(step)
    assert f"--update-tags=previous={OLD}" in argv(step)
    assert step.title == "Give the revision 10 % of the traffic"
    assert step.note == f"{OLD} stays for a rollback"


def shared(**shares: int) -> Service:
    """The candidate with some of the traffic."""
    old, new = shares["old"], shares["new"]
    targets = [
        {"revisionName": OLD, "percent": old},
        {"revisionName": NEW, "percent": new},
        {"revisionName": NEW, "tag": "candidate"},
        {"revisionName": OLD, "tag": "previous"},
    ]
    return running(WANTED, traffic=targets)


def test_canary_in_place_is_left_alone() -> None:
    found = steps(in_place(service=shared(old=90, new=10)), canary=10)
    assert found[StepName.TRAFFIC].in_place


@pytest.mark.parametrize(("old", "new"), [(90, 10), (50, 50), (10, 90), (0, 100)])
def test_previous_never_points_at_the_new_revision(old: int, new: int) -> None:
    step = steps(in_place(service=shared(old=old, new=new)))[StepName.TRAFFIC]
    said = [word for command in step.commands for word in command.argv]
    assert f"--update-tags=previous={NEW}" not in said


def test_traffic_command_names_whom_it_leaves() -> None:
    command = traffic_command(GOOD, {NEW: 30, OLD: 20}, previous="corner-shop-00000-zzz")
    assert f"--to-revisions={NEW}=30,{OLD}=20" in command.argv
    assert "--update-tags=previous=corner-shop-00000-zzz" in command.argv
    assert len(traffic_command(GOOD, {NEW: 100}, previous="").argv) == 8


def test_service_without_traffic_remembers_nobody() -> None:
    step = steps(in_place(service=running(traffic=[])))[StepName.TRAFFIC]
    assert not any("--update-tags" in word for word in argv(step))
    assert step.note == ""


def test_steps_come_in_their_order() -> None:
    order = list(StepName)
    for service in (None, running(), candidate()):
        places = [order.index(name) for name in steps(in_place(service=service))]
        assert places == sorted(places)


def test_adopted_service_may_have_a_tag_of_somebody_else() -> None:
    document = described(WANTED)
    document["status"]["traffic"][1]["tag"] = "blue"
    assert not steps(in_place(service=Service.parse(document)))[StepName.REVISION].in_place
