"""Building, pushing, and the schema of the database."""

from __future__ import annotations

import pytest

from hipflask.cloudrun.image_build import Builder
from hipflask.cloudrun.plan import Options, image
from hipflask.cloudrun.release import SourceVersion
from hipflask.cloudrun.step import Step, StepName
from hipflask.errors import DeployError
from tests.cloudrun.running import in_place, release
from tests.cloudrun.specs import GOOD, spec

PATH = f"{GOOD.image_path}:abc1234def56"
SOURCE = SourceVersion(tag="abc1234def56")


def build(options: Options | None = None, *, digest: str = "", dirty: bool = False) -> list[Step]:
    source = SourceVersion(tag=SOURCE.tag, is_dirty=dirty)
    observed = in_place(image_digest=digest)
    return list(image.build(release(), observed, options or Options(), source))


@pytest.mark.parametrize("program", ["docker", "buildah"])
def test_is_built_and_pushed_from_here(program: str) -> None:
    built, pushed = build(Options(Builder(program)))
    assert built.commands[0].text == f"{program} build --platform=linux/amd64 --tag={PATH} ."
    assert pushed.commands[0].text == f"{program} push {PATH}"


def test_cloud_build_does_both() -> None:
    [built] = build(Options(Builder.CLOUDBUILD))
    assert built.title.endswith("with Cloud Build")
    assert built.commands[0].argv[:5] == ("gcloud", "builds", "submit", ".", f"--tag={PATH}")


def test_image_in_the_repository_is_not_built_again() -> None:
    [step] = build(digest="sha256:1")
    assert (step.in_place, step.commands) == (True, ())


def test_arguments_reach_the_builder() -> None:
    arguments = {"PIP_INDEX_URL": "https://mirror.example/simple?a=b", "EMPTY": ""}
    built, _ = build(Options(build_args=arguments))
    assert built.commands[0].argv[4:6] == (
        "--build-arg=PIP_INDEX_URL=https://mirror.example/simple?a=b",
        "--build-arg=EMPTY=",
    )


def test_cloud_build_takes_no_arguments() -> None:
    with pytest.raises(DeployError, match="PIP_INDEX_URL") as caught:
        build(Options(Builder.CLOUDBUILD, {"PIP_INDEX_URL": "x"}))
    assert "--builder docker" in caught.value.hint


def test_says_that_the_files_differ() -> None:
    assert all("differ" in step.note for step in build(dirty=True)[:1])
    assert build()[0].note == ""


def test_image_may_have_a_name_of_its_own() -> None:
    given = release(spec(image="web"))
    step = next(iter(image.build(given, in_place(), Options(), SOURCE)))
    assert step.title == "Build web:abc1234def56"


@pytest.mark.parametrize(
    ("pending", "title"),
    [
        (("1_a",), "Apply 1 migration"),
        (("1_a", "2_b"), "Apply 2 migrations"),
        ((), "The database is up to date"),
    ],
)
def test_migrations_are_counted(pending: tuple[str, ...], title: str) -> None:
    [step] = image.migrations(in_place(pending=pending), Options())
    assert (step.name, step.title) == (StepName.MIGRATIONS, title)
    assert step.in_place == (not pending)
    assert all(name in step.note for name in pending)


def test_database_that_was_not_asked_has_no_step() -> None:
    assert list(image.migrations(in_place(pending=None), Options())) == []
