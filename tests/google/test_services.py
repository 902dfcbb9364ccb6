"""`gcloud services` and `gcloud projects`."""

from __future__ import annotations

from pathlib import Path

from tests.google import FakeGoogle, Gcloud
from tests.google.conftest import NUMBER, PROJECT


def test_enable_one_and_many(tmp_path: Path, google: FakeGoogle, gcloud: Gcloud) -> None:
    gcloud("services", "enable", "pubsub.googleapis.com")
    gcloud("services", "enable", "dns.googleapis.com", "redis.googleapis.com")
    assert google.lines == [
        f"POST serviceusage /v1/projects/{PROJECT}/services/pubsub.googleapis.com:enable",
        f"POST serviceusage /v1/projects/{PROJECT}/services:batchEnable",
    ]
    listed = gcloud("services", "list", "--enabled", "--format=json").json
    names = {service["config"]["name"] for service in listed}
    assert {"pubsub.googleapis.com", "dns.googleapis.com", "run.googleapis.com"} <= names
    assert "compute.googleapis.com" not in names


def test_api_that_is_not_enabled(google: FakeGoogle, gcloud: Gcloud) -> None:
    """gcloud asks whether to enable it; with prompts disabled the answer is no."""
    google.project.apis.pop("secretmanager.googleapis.com")
    outcome = gcloud.run("secrets", "create", "key", "--replication-policy=automatic")
    assert outcome.code == 1
    assert "Secret Manager API has not been used in project" in outcome.err
    assert "SERVICE_DISABLED" in outcome.err


def test_project_and_its_policy(google: FakeGoogle, gcloud: Gcloud) -> None:
    assert gcloud("projects", "describe", PROJECT, "--format=json").json["projectNumber"] == NUMBER
    account = google.project.add_service_account("shop-runner").email
    member = f"--member=serviceAccount:{account}"
    role = "--role=roles/logging.logWriter"
    gcloud("projects", "add-iam-policy-binding", PROJECT, member, role, "--condition=None")
    policy = gcloud("projects", "get-iam-policy", PROJECT, "--format=json").json
    assert {"role": "roles/logging.logWriter", "members": [f"serviceAccount:{account}"]} in policy[
        "bindings"
    ]


def test_member_that_does_not_exist(gcloud: Gcloud) -> None:
    nobody = f"--member=serviceAccount:nobody@{PROJECT}.iam.gserviceaccount.com"
    role = "--role=roles/viewer"
    outcome = gcloud.run(
        "projects", "add-iam-policy-binding", PROJECT, nobody, role, "--condition=None"
    )
    assert (outcome.code, "does not exist" in outcome.err) == (1, True)


def test_another_project(gcloud: Gcloud) -> None:
    outcome = gcloud.run("projects", "describe", "not-ours")
    assert (outcome.code, "or it may not exist" in outcome.err) == (1, True)
    outcome = gcloud.run("run", "services", "list", "--project=not-ours")
    assert (outcome.code, "PERMISSION_DENIED" in outcome.err) == (1, True)
