"""What is in place, asked by the real gcloud; and whether docker signs in by it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from hipflask.cloudrun.gcloud import Gcloud
from hipflask.cloudrun.observe.project import has_docker_helper, observe
from hipflask.cloudrun.observed import Observed
from hipflask.cloudrun.programs import RealPrograms
from hipflask.cloudrun.spec import SecretRef
from hipflask.errors import CommandFailed
from tests.cloudrun.running import release
from tests.cloudrun.specs import GOOD, spec
from tests.google import FakeGoogle
from tests.google.gcloud import MISSING, inherited

HOST = "us-west1-docker.pkg.dev"
SHARED = replace(GOOD, secrets={"A": SecretRef("shared"), "B": SecretRef("shared")})


def gcloud(google: FakeGoogle, folder: Path) -> Gcloud:
    if shutil.which("gcloud") is None:
        pytest.skip(MISSING)
    return Gcloud(RealPrograms(), {**inherited(), **google.environ(folder)})


def test_empty_project_has_nothing(tmp_path: Path) -> None:
    with FakeGoogle() as google:
        found = observe(GOOD, gcloud(google, tmp_path), tag="abc", values={"SECRET_KEY": "x"})
        number = int(google.project.number)
        nothing = Observed(project_number=number, given=frozenset({"SECRET_KEY"}))
    assert replace(found, apis=frozenset()) == nothing


def test_value_that_is_there_does_not_differ(tmp_path: Path) -> None:
    values = {"A": "plain", "B": "two\r\nlines\r\n", "C": "书 é", "D": " blank ends \n", "E": "="}
    given = replace(GOOD, secrets={name: SecretRef(f"shop-{name}") for name in values})
    with FakeGoogle(apis=("secretmanager",)) as google:
        for name, value in values.items():
            google.add_secret(f"shop-{name}", "older", value)
        asked = gcloud(google, tmp_path)
        same = observe(given, asked, values=values).secrets.values()
        others = observe(given, asked, values={name: f"{it}." for name, it in values.items()})
    assert [(it.newest, it.usable, it.differs) for it in same] == [(2, 2, False)] * 5
    assert all(it.differs for it in others.secrets.values())


def test_value_of_a_shared_secret_is_the_one_at_hand(tmp_path: Path) -> None:
    with FakeGoogle(apis=("secretmanager",)) as google:
        google.add_secret("shared", "older")
        found = observe(SHARED, gcloud(google, tmp_path), values={"A": "newer"})
    assert found.secrets["shared"].differs


def test_image_is_found_by_its_tag(tmp_path: Path) -> None:
    with FakeGoogle(apis=("artifactregistry",)) as google:
        google.add_image(release().image)
        asked = gcloud(google, tmp_path)
        found = observe(GOOD, asked, tag="abc1234def56")
        assert observe(GOOD, asked, tag="another").image_digest == ""
    assert found.image_digest.startswith("sha256:")
    assert found.repository_format == "DOCKER"


def test_project_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with FakeGoogle() as google, pytest.raises(CommandFailed) as caught:
        observe(spec(project="another-shop"), gcloud(google, tmp_path))
    assert "gcloud projects list" in caught.value.hint


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        (json.dumps({"credHelpers": {HOST: "gcloud"}}), True),
        (json.dumps({"credHelpers": {HOST: "desktop"}}), False),
        (json.dumps({"credHelpers": {"us-east1-docker.pkg.dev": "gcloud"}}), False),
        (json.dumps({"credHelpers": None}), False),
        (json.dumps({"auths": {}}), False),
        ("[]", False),
        ("{", False),
        (None, False),
    ],
)
def test_knows_whether_docker_asks_gcloud(
    tmp_path: Path, settings: str | None, found: bool
) -> None:
    home = tmp_path / ".docker"
    home.mkdir()
    if settings is not None:
        (home / "config.json").write_text(settings, encoding="utf-8")
    assert has_docker_helper(HOST, {"HOME": str(tmp_path)}) == found
    assert has_docker_helper(HOST, {"DOCKER_CONFIG": str(home), "HOME": "/none"}) == found
