"""The stand-in for docker, as a program in PATH."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.google import FakeGoogle, Gcloud, Outcome, install_docker
from tests.google.conftest import PROJECT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows starts no scripts by their name")
IMAGE = f"us-west1-docker.pkg.dev/{PROJECT}/shop/web:v1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An application that has a Dockerfile."""
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch\n")
    return folder


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return install_docker(tmp_path / "bin")


def docker(program: Path, environ: dict[str, str], *arguments: str) -> Outcome:
    done = subprocess.run(
        [program, *arguments],
        env={**os.environ, **environ},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def test_build_and_push(google: FakeGoogle, gcloud: Gcloud, program: Path, folder: Path) -> None:
    google.artifacts.add_repository("us-west1", "shop")
    built = docker(
        program, gcloud.environ, "build", "--platform=linux/amd64", "-t", IMAGE, str(folder)
    )
    assert built.code == 0, built.err
    refused = docker(program, gcloud.environ, "push", IMAGE)
    assert (refused.code, "denied: Unauthenticated request" in refused.err) == (1, True)
    gcloud("auth", "configure-docker", "us-west1-docker.pkg.dev", "--quiet")
    pushed = docker(program, gcloud.environ, "push", IMAGE)
    assert pushed.code == 0, pushed.err
    described = gcloud("artifacts", "docker", "images", "describe", IMAGE, "--format=json").json
    assert f"v1: digest: {described['image_summary']['digest']} size" in pushed.out
    calls = (program.parent / "docker-calls.jsonl").read_text().splitlines()
    assert [json.loads(line)[0] for line in calls] == ["build", "push", "push"]


def test_push_of_what_was_never_built(google: FakeGoogle, program: Path, tmp_path: Path) -> None:
    outcome = docker(program, google.environ(tmp_path), "push", IMAGE)
    name = IMAGE.removesuffix(":v1")
    words = f"An image does not exist locally with the tag: {name}\n"
    assert (outcome.code, outcome.err) == (1, words)


def test_push_to_a_repository_that_is_not_there(
    google: FakeGoogle, gcloud: Gcloud, program: Path, folder: Path
) -> None:
    gcloud("auth", "configure-docker", "us-west1-docker.pkg.dev", "--quiet")
    docker(program, gcloud.environ, "build", "--tag", IMAGE, str(folder))
    outcome = docker(program, gcloud.environ, "push", IMAGE)
    assert (outcome.code, outcome.err) == (1, 'name unknown: Repository "shop" not found\n')


def test_build_without_dockerfile(program: Path, tmp_path: Path) -> None:
    outcome = docker(program, {}, "build", "-t", IMAGE, str(tmp_path))
    assert (outcome.code, "Dockerfile" in outcome.err) == (1, True)


def test_ordered_failure(program: Path, folder: Path) -> None:
    (program.parent / "fail-build").write_text("no space left on device")
    outcome = docker(program, {}, "build", "-t", IMAGE, str(folder))
    assert (outcome.code, outcome.err) == (1, "ERROR: no space left on device\n")


def test_tag_version_and_inspect(program: Path, folder: Path) -> None:
    docker(program, {}, "build", "-t", "web", str(folder))
    assert docker(program, {}, "tag", "web", IMAGE).code == 0
    assert docker(program, {}, "image", "inspect", IMAGE).json[0]["Os"] == "linux"
    assert docker(program, {}, "image", "inspect", "other").code == 1
    assert "stand-in" in docker(program, {}, "version").out
