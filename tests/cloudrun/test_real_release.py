"""The flags of a release, taken by the real gcloud: what comes back is what was asked for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from hipflask.cloudrun.command import Command
from hipflask.cloudrun.command import gcloud as command
from hipflask.cloudrun.drift import differences
from hipflask.cloudrun.gcloud import Gcloud
from hipflask.cloudrun.programs import RealPrograms
from hipflask.cloudrun.release import account_id, account_of
from hipflask.cloudrun.roles import READER
from hipflask.cloudrun.service import Service
from hipflask.cloudrun.spec import Billing, ExecutionEnvironment, Probe, ServiceSpec
from hipflask.errors import CommandFailed
from tests.cloudrun.running import release
from tests.cloudrun.specs import GOOD, with_secrets, with_variables
from tests.google import FakeGoogle
from tests.google.gcloud import MISSING, inherited

ODD = replace(
    GOOD,
    environment={
        **GOOD.environment,
        "COMMA": "a,b",
        "LINES": "two\nlines\n",
        "MARKS": ",@|;#~%",
        "QUOTES": "say \"it's\" {'a': [1, 2]}",
        "WORDS": " Bücher, 书 = ✓ ",
        "CARET": "^a^",
    },
    labels={"app": "corner-shop", "team": ""},
    min_instances=1,
    max_instances=None,
    concurrency=None,
    billing=Billing.INSTANCE,
    execution_environment=ExecutionEnvironment.GEN2,
    cpu_boost=False,
    port=9000,
    startup_probe=None,
    liveness_probe=Probe(path="/a,b?c=d"),
)


@dataclass
class Cloud:
    """A project with the image, its secrets and its account, and the real gcloud in it."""

    google: FakeGoogle
    gcloud: Gcloud
    number: int = 0

    def deploy(self, spec: ServiceSpec, *words: str) -> list[str]:
        """Bring a spec into a new revision; return the settings that differ from it then."""
        is_new, self.number = not self.number, self.number + 1
        suffix = f"{self.number:05d}-abc"
        given = release(spec, revision=f"{spec.name}-{suffix}")
        first = ("--no-allow-unauthenticated",) if is_new else ("--no-traffic",)
        where = (f"--image={given.image}", f"--region={spec.region}", f"--project={spec.project}")
        argv = ("gcloud", *(words or ("run", "deploy")), spec.name, *where, *first)
        more = (f"--revision-suffix={suffix}", "--tag=candidate", *given.flags(is_new=is_new))
        service = Service.parse(self.gcloud.ask(Command((*argv, *more))))
        return [each.setting for each in differences(given, service.template, service)]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    if shutil.which("gcloud") is None:
        pytest.skip(MISSING)
    with FakeGoogle(apis=("run", "iam", "secretmanager", "artifactregistry")) as google:
        environ = {**inherited(), **google.environ(tmp_path_factory.mktemp("gcloud"))}
        cloud = Cloud(google, Gcloud(RealPrograms(), environ))
        google.add_image(release().image)
        cloud.gcloud.run(command("iam", "service-accounts", "create", account_id(GOOD)))
        for name in ("corner-shop-secret-key", "corner-shop-database-url", "mail"):
            google.add_secret(name, "value")
            words = ("secrets", "add-iam-policy-binding", name)
            member = f"serviceAccount:{account_of(GOOD)}"
            cloud.gcloud.run(command(*words, member=member, role=READER))
        cloud.deploy(GOOD)
        yield cloud


def test_what_was_deployed_does_not_differ(cloud: Cloud) -> None:
    assert cloud.deploy(GOOD) == []


@pytest.mark.parametrize("words", [("run", "deploy"), ("run", "services", "update")])
def test_odd_values_arrive_and_go_again(cloud: Cloud, words: tuple[str, ...]) -> None:
    assert cloud.deploy(ODD, *words) == []
    assert cloud.deploy(GOOD, *words) == []


def test_variable_may_become_a_secret_but_not_at_once_the_other_way(cloud: Cloud) -> None:
    assert cloud.deploy(with_variables(MAIL="a")) == []
    assert cloud.deploy(with_secrets(MAIL="mail")) == []
    with pytest.raises(CommandFailed, match="different type") as caught:
        cloud.deploy(with_variables(MAIL="a"))
    assert "another name" in caught.value.hint
    assert cloud.deploy(GOOD) == []
    assert cloud.deploy(with_variables(MAIL="a")) == []
