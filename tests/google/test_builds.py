"""`gcloud builds submit`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.google import FakeGoogle, Gcloud
from tests.google.conftest import PROJECT

IMAGE = f"us-west1-docker.pkg.dev/{PROJECT}/shop/web:v1"
SUBMIT = ("builds", "submit", "source", f"--tag={IMAGE}", "--region=us-west1")


@pytest.fixture(autouse=True)
def _source(google: FakeGoogle, tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "Dockerfile").write_text("FROM scratch\n")
    google.artifacts.add_repository("us-west1", "shop")


def test_build_is_waited_for(google: FakeGoogle, gcloud: Gcloud) -> None:
    build = gcloud(*SUBMIT, "--suppress-logs", "--format=json").json
    assert build["status"] == "SUCCESS"
    assert build["results"]["images"][0]["digest"] == google.artifacts.digest(IMAGE)
    (uploaded,) = google.storage.buckets[f"{PROJECT}_cloudbuild"].values()
    assert uploaded.startswith(b"\x1f\x8b")  # gzip
    assert google.refused_hosts == []


def test_log_is_read_meanwhile(gcloud: Gcloud) -> None:
    outcome = gcloud(*SUBMIT)
    assert "starting build" in outcome.out + outcome.err


def test_deployment_from_source(google: FakeGoogle, gcloud: Gcloud) -> None:
    deploy = ("run", "deploy", "web", "--source=source", "--region=us-west1")
    gcloud(*deploy, "--no-allow-unauthenticated")
    assert "/cloud-run-source-deploy/web@sha256:" in google.service("web").latest.template.image


def test_failed_build(google: FakeGoogle, gcloud: Gcloud) -> None:
    google.builds.fail_with = "step exited with non-zero status: 1"
    outcome = gcloud.run(*SUBMIT, "--suppress-logs")
    assert outcome.code == 1
    assert "BUILD FAILURE: step exited" in outcome.err
    assert google.artifacts.digest(IMAGE) is None
