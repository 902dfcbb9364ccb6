"""What was granted a moment ago may not be known everywhere: a deploy waits, and tries again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hipflask.cloudrun.deploy import Deployment
from hipflask.cloudrun.gcloud import Gcloud
from hipflask.cloudrun.observe.project import observe
from hipflask.cloudrun.plan import Options, plan_deploy
from hipflask.cloudrun.programs import RealPrograms
from hipflask.cloudrun.release import SourceVersion
from hipflask.cloudrun.run_command import CommandRunner
from hipflask.cloudrun.smoke import SmokeTest
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.cloudrun.step import Step, StepName
from hipflask.errors import StepFailed
from tests.cloudrun.specs import GOOD
from tests.google import FakeGoogle
from tests.google.gcloud import MISSING, inherited

APIS = ("run", "artifactregistry", "secretmanager", "iam", "containeranalysis")
TAG = "abc1234def56"
DENIED = "Permission denied on secret: projects/1/secrets/corner-shop-secret-key/versions/1 for it."
UNKNOWN = "Service account corner-shop-run@corner-shop-1234.iam.gserviceaccount.com does not exist."


class Heard:
    """Keeps what a deploy says."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def begins(self, step: Step) -> None: ...

    def says(self, line: str) -> None:
        self.lines.append(line)

    def ends(self, step: Step, seconds: float) -> None: ...


@pytest.fixture
def google() -> Iterator[FakeGoogle]:
    if shutil.which("gcloud") is None:
        pytest.skip(MISSING)
    with FakeGoogle(apis=APIS) as fake:
        fake.add_image(f"{GOOD.image_path}:{TAG}")
        yield fake


@pytest.fixture
def slept() -> list[float]:
    """The pauses, which took no time."""
    return []


@pytest.fixture
def deployment(google: FakeGoogle, tmp_path: Path, slept: list[float]) -> Deployment:
    """A first deploy, up to its revision."""
    whole = deployment_of(google, tmp_path, slept, GOOD, Options())
    names = [step.name for step in whole.plan.steps]
    wanted = whole.plan.steps[: names.index(StepName.REVISION) + 1]
    return replace(whole, plan=replace(whole.plan, steps=wanted))


def deployment_of(
    google: FakeGoogle, folder: Path, slept: list[float], spec: ServiceSpec, options: Options
) -> Deployment:
    """What would deploy a service now."""
    environ = {**inherited(), **google.environ(folder)}
    gcloud = Gcloud(RealPrograms(), environ)
    values = {"SECRET_KEY": "a", "DATABASE_URL": "b"}
    observed = observe(spec, gcloud, tag=TAG, values=values, environ=environ)
    return Deployment(
        plan=plan_deploy(spec, SourceVersion(TAG), observed, options),
        runner=CommandRunner(RealPrograms(), gcloud, folder, environ),
        values=values,
        migrate=lambda: None,
        test=SmokeTest(),
        progress=Heard(),
        go_on="hipflask cloud deploy",
        sleep=slept.append,
    )


def test_tries_again_under_another_name(
    deployment: Deployment, google: FakeGoogle, slept: list[float]
) -> None:
    google.fail("POST run/us-west1 .*/services run.deploy", status=403, message=DENIED)
    service = deployment.run()
    assert slept == [10]
    assert service.latest_ready == "corner-shop-00002-abc1234"


def test_account_is_not_known_yet(
    deployment: Deployment, google: FakeGoogle, slept: list[float]
) -> None:
    google.fail("secret-key:setIamPolicy", status=400, message=UNKNOWN, times=2)
    deployment.run()
    assert slept == [10, 20]


def test_gives_up_with_the_words_of_google(
    deployment: Deployment, google: FakeGoogle, slept: list[float]
) -> None:
    google.fail("secret-key:setIamPolicy", status=400, message=UNKNOWN, times=9)
    with pytest.raises(StepFailed, match="does not exist"):
        deployment.run()
    assert slept == [10, 20, 30]


def test_private_service_need_not_be_visited(
    google: FakeGoogle, tmp_path: Path, slept: list[float]
) -> None:
    """Who has no identity to show, as in many a pipeline, can deploy it all the same."""
    private = replace(GOOD, public=False)
    with pytest.raises(StepFailed, match="identity token") as caught:
        deployment_of(google, tmp_path, slept, private, Options()).run()
    assert "--no-smoke" in caught.value.hint
    service = deployment_of(google, tmp_path, slept, private, Options(smoke=False)).run()
    assert list(service.traffic.values()) == [100]


def test_another_error_is_not_waited_for(
    deployment: Deployment, google: FakeGoogle, slept: list[float]
) -> None:
    google.fail("POST run/us-west1 .*/services run.deploy", status=400, message="Invalid value")
    with pytest.raises(StepFailed, match="Invalid value"):
        deployment.run()
    assert slept == []
