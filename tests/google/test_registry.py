"""A real push of a real image, with buildah, through the proxy."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.google import FakeGoogle, Gcloud, Outcome
from tests.google.conftest import PROJECT

IMAGE = f"us-west1-docker.pkg.dev/{PROJECT}/shop/web:v1"


@pytest.fixture
def image(tmp_path: Path) -> str:
    """An image with one layer, made from nothing."""
    if shutil.which("buildah") is None:
        pytest.skip("buildah is not installed; it pushes a real image")
    (tmp_path / "context").mkdir()
    (tmp_path / "context" / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    built = buildah({}, tmp_path, "bud", "--tag", IMAGE, str(tmp_path / "context"))
    if built.code:
        pytest.skip(f"buildah cannot build here: {built.err[-300:]}")
    return IMAGE


def buildah(environ: dict[str, str], folder: Path, verb: str, *arguments: str) -> Outcome:
    """Run buildah with a store of its own, which needs no privileges."""
    store = ("--root", str(folder / "store"), "--runroot", str(folder / "run"))
    driver = ("--storage-driver", "vfs")
    done = subprocess.run(
        ["buildah", *store, *driver, verb, *arguments],
        env={"BUILDAH_ISOLATION": "chroot", **os.environ, **environ},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def test_push(google: FakeGoogle, gcloud: Gcloud, tmp_path: Path, image: str) -> None:
    gcloud("auth", "configure-docker", "us-west1-docker.pkg.dev", "--quiet")
    authority = f"--authfile={tmp_path / 'docker' / 'config.json'}"
    refused = buildah(gcloud.environ, tmp_path, "push", authority, image, f"docker://{image}")
    assert refused.code != 0
    assert "Repository" in refused.err
    google.artifacts.add_repository("us-west1", "shop")
    pushed = buildah(gcloud.environ, tmp_path, "push", authority, image, f"docker://{image}")
    assert pushed.code == 0, pushed.err
    described = gcloud("artifacts", "docker", "images", "describe", image, "--format=json").json
    assert described["image_summary"]["digest"] == google.artifacts.digest(image)
    assert google.registry.pushes == [image]
    assert google.refused_hosts == []
