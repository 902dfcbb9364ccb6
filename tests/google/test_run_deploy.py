"""`gcloud run deploy`, the real one, against the fake."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.google import FakeGoogle, Gcloud
from tests.google.conftest import NUMBER, PROJECT, REGION

IMAGE = f"us-west1-docker.pkg.dev/{PROJECT}/shop/web:v1"
DEPLOY = ("run", "deploy", "web", f"--region={REGION}")
WHERE = f"/apis/serving.knative.dev/v1/namespaces/{PROJECT}/services"
URL = f"https://web-{NUMBER}.{REGION}.run.app"


@pytest.fixture(autouse=True)
def _image(google: FakeGoogle) -> None:
    google.add_image(IMAGE)


def deploy(gcloud: Gcloud, *more: str) -> dict[str, Any]:
    """Deploy the image, open to everybody, and return the service."""
    public = "--allow-unauthenticated"
    found: dict[str, Any] = gcloud(*DEPLOY, f"--image={IMAGE}", public, "--format=json", *more).json
    return found


def test_first_deployment(google: FakeGoogle, gcloud: Gcloud) -> None:
    service = deploy(gcloud, "--set-env-vars=A=1,B=two")
    assert service["status"]["url"] == URL
    assert json.loads(service["metadata"]["annotations"]["run.googleapis.com/urls"]) == [URL]
    policy = f"/v1/projects/{PROJECT}/locations/{REGION}/services/web"
    assert [line for line in google.lines if not line.endswith(":wait")] == [
        f"GET serviceusage /v1/projects/{PROJECT}/services/run.googleapis.com",
        f"GET run/{REGION} {WHERE}/web",
        f"POST run/{REGION} {WHERE}",
        f"GET run {policy}:getIamPolicy",
        f"POST run {policy}:setIamPolicy",
    ]
    assert {request.command for request in google.requests} == {"run.deploy"}
    variables = google.service("web").latest.environment
    assert (variables["A"], variables["B"], variables["K_SERVICE"]) == ("1", "two", "web")
    assert google.service("web").policy.grants("roles/run.invoker", "allUsers")


def test_every_flag(google: FakeGoogle, gcloud: Gcloud) -> None:
    email = google.project.add_service_account("shop-runner").email
    secret = google.add_secret("database-url", "postgres://one", "postgres://two")
    secret.policy.add("roles/secretmanager.secretAccessor", f"serviceAccount:{email}")
    service = deploy(
        gcloud,
        *("--cpu=1", "--memory=256Mi", "--concurrency=10", "--execution-environment=gen1"),
        *("--min=1", "--min-instances=1", "--max-instances=3", "--timeout=30s", "--port=9000"),
        *("--cpu-throttling", "--no-cpu-boost", "--labels=team=shop"),
        *(f"--service-account={email}", "--set-secrets=URL=database-url:1,/etc/s/u=database-url:2"),
        "--startup-probe=httpGet.path=/up,httpGet.port=9000,periodSeconds=1,failureThreshold=30",
        "--liveness-probe=httpGet.path=/up",
    )
    template = service["spec"]["template"]
    (container,) = template["spec"]["containers"]
    assert container["resources"]["limits"] == {"cpu": "1", "memory": "256Mi"}
    assert container["ports"] == [{"name": "http1", "containerPort": 9000}]
    assert container["startupProbe"]["httpGet"] == {"path": "/up", "port": 9000}
    assert container["livenessProbe"]["httpGet"]["path"] == "/up"
    assert template["spec"]["containerConcurrency"] == 10
    assert template["spec"]["timeoutSeconds"] == 30
    annotations = template["metadata"]["annotations"]
    assert annotations["autoscaling.knative.dev/minScale"] == "1"
    assert annotations["run.googleapis.com/cpu-throttling"] == "True"
    assert service["metadata"]["annotations"]["run.googleapis.com/minScale"] == "1"
    assert service["metadata"]["labels"]["team"] == "shop"
    variables = google.service("web").latest.environment
    assert (variables["URL"], variables["PORT"]) == ("postgres://one", "9000")


def test_without_traffic(google: FakeGoogle, gcloud: Gcloud) -> None:
    deploy(gcloud)
    first = google.service("web").latest.name
    service = deploy(gcloud, "--no-traffic", "--tag=canary")
    second = google.service("web").latest.name
    assert service["status"]["traffic"] == [
        {"percent": 100, "revisionName": first},
        {"revisionName": second, "tag": "canary", "url": URL.replace("://", "://canary---")},
    ]
    third = deploy(gcloud)
    assert third["status"]["latestReadyRevisionName"] == google.service("web").latest.name
    assert third["status"]["traffic"][0] == {"percent": 100, "revisionName": first}


def test_image_that_is_not_there(google: FakeGoogle, gcloud: Gcloud) -> None:
    outcome = gcloud.run(*DEPLOY, f"--image={IMAGE}2", "--no-allow-unauthenticated")
    assert outcome.code == 1
    assert f"Image '{IMAGE}2' not found." in outcome.err
    assert google.service("web").latest.ready is False
    deploy(gcloud)
    assert google.service("web").latest.ready is True


def test_secret_that_may_not_be_read(google: FakeGoogle, gcloud: Gcloud) -> None:
    google.add_secret("key", "1")
    use = "--set-secrets=KEY=key:latest"
    outcome = gcloud.run(*DEPLOY, f"--image={IMAGE}", "--no-allow-unauthenticated", use)
    assert outcome.code == 1
    assert (
        f"Permission denied on secret: projects/{NUMBER}/secrets/key/versions/latest for Revision "
        f"service account {NUMBER}-compute@developer.gserviceaccount.com."
    ) in outcome.err


def test_organisation_refuses_everybody(google: FakeGoogle, gcloud: Gcloud) -> None:
    """gcloud only warns, and its exit code is 0: who promises a public address must look."""
    google.refuse_all_users = True
    outcome = gcloud(*DEPLOY, f"--image={IMAGE}", "--allow-unauthenticated")
    assert "Setting IAM policy failed" in outcome.err
    assert not google.service("web").policy.grants("roles/run.invoker", "allUsers")


def test_region_that_does_not_exist(gcloud: Gcloud) -> None:
    wrong = ("run", "deploy", "web", f"--image={IMAGE}", "--region=us-westl1")
    outcome = gcloud.run(*wrong, "--no-allow-unauthenticated")
    assert outcome.code == 1
    assert "The provided region was invalid." in outcome.err
    assert "* us-west1\n" in outcome.err


def test_server_that_fails_once(google: FakeGoogle, gcloud: Gcloud) -> None:
    google.fail(r"^POST run/us-west1 .*/services$", status=503)
    deploy(gcloud)
    assert len(google.service("web").revisions) == 1
