"""Who is signed in, and service accounts."""

from __future__ import annotations

import json
from pathlib import Path

from tests.google import FakeGoogle, Gcloud
from tests.google.conftest import PROJECT
from tests.google.environ import TOKEN

EMAIL = f"shop-runner@{PROJECT}.iam.gserviceaccount.com"


def test_signed_in(google: FakeGoogle, gcloud: Gcloud) -> None:
    """A token in a file is no account: the list is empty, and yet every command works."""
    listed = gcloud("auth", "list", "--filter=status:ACTIVE", "--format=json")
    assert listed.json == []
    assert gcloud("auth", "print-access-token").out.strip() == TOKEN
    assert google.requests == []


def test_not_signed_in(google: FakeGoogle, gcloud: Gcloud, tmp_path: Path) -> None:
    stranger = Gcloud(google.environ(tmp_path / "stranger", signed_in=False), tmp_path)
    outcome = stranger.run("projects", "describe", PROJECT)
    assert outcome.code == 1
    assert "do not currently have an active account selected" in outcome.err
    assert google.requests == []


def test_configure_docker(gcloud: Gcloud, tmp_path: Path) -> None:
    gcloud("auth", "configure-docker", "us-west1-docker.pkg.dev", "--quiet")
    settings = json.loads((tmp_path / "docker" / "config.json").read_text())
    assert settings["credHelpers"] == {"us-west1-docker.pkg.dev": "gcloud"}


def test_service_account(google: FakeGoogle, gcloud: Gcloud) -> None:
    missing = gcloud.run("iam", "service-accounts", "describe", EMAIL)
    assert (missing.code, "NOT_FOUND" in missing.err) == (1, True)
    gcloud("iam", "service-accounts", "create", "shop-runner", "--display-name=Shop")
    described = gcloud("iam", "service-accounts", "describe", EMAIL, "--format=json").json
    assert described["displayName"] == "Shop"
    again = gcloud.run("iam", "service-accounts", "create", "shop-runner")
    assert (again.code, "already exists" in again.err) == (1, True)
    gcloud("iam", "service-accounts", "delete", EMAIL, "--quiet")
    assert EMAIL not in google.project.service_accounts
