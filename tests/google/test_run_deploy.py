"""`gcloud run deploy`, the real one, against the fake."""

from __future__ import annotations

import json

import pytest

from tests.google import FakeGoogle, Gcloud
from tests.google.conftest import NUMBER, PROJECT, REGION

IMAGE = f"us-west1-docker.pkg.dev/{PROJECT}/shop/web:v1"
WHERE = f"/apis/serving.knative.dev/v1/namespaces/{PROJECT}/services"
URL = f"https://web-{NUMBER}.{REGION}.run.app"


def deploy(gcloud: Gcloud, *more: str) -> dict[str, object]:
    arguments = ("run", "deploy", "web", f"--image={IMAGE}", f"--region={REGION}")
    found: dict[str, object] = gcloud(*arguments, "--format=json", *more).json
    return found


@pytest.fixture
def image(google: FakeGoogle) -> str:
    google.add_image(IMAGE)
    return IMAGE


def test_first_deployment(google: FakeGoogle, gcloud: Gcloud, image: str) -> None:
    service = deploy(gcloud, "--allow-unauthenticated", "--set-env-vars=A=1,B=two")
    assert service["status"]["url"] == URL  # type: ignore[index]
    policy = f"/v1/projects/{PROJECT}/locations/{REGION}/services/web"
    assert [line for line in google.lines if not line.endswith(":wait")] == [
        f"GET serviceusage /v1/projects/{PROJECT}/services/run.googleapis.com",
        f"GET run/{REGION} {WHERE}/web",
        f"POST run/{REGION} {WHERE}",
        f"GET run {policy}:getIamPolicy",
        f"POST run {policy}:setIamPolicy",
    ]
    assert google.requests[2].command == "run.deploy"
    variables = google.service("web").latest.environment
    assert (variables["A"], variables["B"], variables["K_SERVICE"]) == ("1", "two", "web")
    assert google.service("web").policy.grants("roles/run.invoker", "allUsers")
    print(json.dumps(service, indent=1))
