"""The three builders: docker (a stand-in here), buildah for real, Cloud Build at the fake."""

from __future__ import annotations

import json
import os
import shutil
import sys

import pytest

from tests.cli.cloud.shop import PROJECT, REGION, Shop
from tests.google import FakeGoogle

IMAGE = f"{REGION}-docker.pkg.dev/{PROJECT}/hipflask/corner-shop"


def test_build_tags_with_the_commit(shop: Shop) -> None:
    answer = shop.run(
        "cloud", "build", "--build-arg", "PIP_INDEX_URL=https://mirror.example/simple"
    )
    assert answer.code == 0, answer.text
    assert answer.out.strip() == f"{IMAGE}:{shop.tag}"
    assert shop.docker_calls[-1] == (
        f"build --platform=linux/amd64 --tag={IMAGE}:{shop.tag}"
        " --build-arg=PIP_INDEX_URL=https://mirror.example/simple ."
    )


def test_build_says_that_files_differ(shop: Shop) -> None:
    shop.write("app/extra.py", "a = 1\n")
    answer = shop.run("cloud", "build", "-o", "json")
    (shop.root / "app/extra.py").unlink()
    assert answer.code == 0, answer.text
    assert json.loads(answer.out)["tag"].startswith(f"{shop.tag}-dirty-")
    assert "The files differ from the last commit" in answer.err


def test_failing_build_keeps_dockers_words(shop: Shop) -> None:
    shop.break_docker("build", "failed to solve: node:22-slim: not found")
    answer = shop.run("cloud", "build")
    shop.mend_docker("build")
    assert answer.code == 1
    assert "failed to solve: node:22-slim: not found" in answer.err


def test_cloud_build_needs_no_docker(shop: Shop, google: FakeGoogle) -> None:
    before = len(shop.docker_calls)
    answer = shop.run("cloud", "deploy", "--yes", "--builder", "cloudbuild")
    assert answer.code == 0, answer.text
    assert len(shop.docker_calls) == before
    assert "cloudbuild.googleapis.com" in google.project.apis
    commands = [request.command for request in google.requests if request.method != "GET"]
    assert "builds.submit" in commands
    assert commands.index("builds.submit") < commands.index("run.deploy")
    assert google.service("corner-shop").latest.template.image == f"{IMAGE}:{shop.tag}"


def test_buildah_pushes_for_real(shop: Shop, google: FakeGoogle) -> None:
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("buildah") is None:
        pytest.skip("buildah, Linux and root are needed for a real build and a real push")
    dockerfile = shop.read("Dockerfile")
    # The real one is built in tests/container; here the way to the registry counts.
    shop.write("Dockerfile", "FROM scratch\nCOPY gunicorn.conf.py /\n")
    shop.commit("a small image")
    answer = shop.run(
        *("cloud", "deploy", "--yes", "--builder", "buildah"),
        BUILDAH_ISOLATION="chroot",
        STORAGE_DRIVER="vfs",
    )
    image = f"{IMAGE}:{shop.tag}"
    shop.write("Dockerfile", dockerfile)
    shop.commit("the real image")
    assert answer.code == 0, answer.text
    assert google.registry.pushes == [image]
    assert google.service("corner-shop").latest.template.image == image
