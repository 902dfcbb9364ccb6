"""Cloud Run's rules, in the words that clients get."""

from __future__ import annotations

from typing import Any

import pytest

from tests.google import FakeGoogle
from tests.google.admin import call
from tests.google.conftest import NUMBER, PROJECT, REGION

IMAGE = f"us-west1-docker.pkg.dev/{PROJECT}/shop/web:v1"
URL = (
    f"http://{REGION}-run.fake.test/apis/serving.knative.dev/v1/namespaces/{PROJECT}/services"
    "?dryRun=all"
)
GEN2 = {"run.googleapis.com/execution-environment": "gen2"}
ALWAYS = {"run.googleapis.com/cpu-throttling": "False"}


def attempt(
    google: FakeGoogle,
    *,
    name: str = "web",
    cpu: str = "1",
    memory: str = "512Mi",
    concurrency: int | None = None,
    annotations: dict[str, str] | None = None,
    env: list[dict[str, Any]] | None = None,
    **more: Any,
) -> str:
    """Ask for a service; return what was wrong with it."""
    limits = {"cpu": cpu, "memory": memory}
    container = {"image": IMAGE, "resources": {"limits": limits}, "env": env or []}
    spec: dict[str, Any] = {"containers": [container], **more}
    if concurrency is not None:
        spec["containerConcurrency"] = concurrency
    template = {"metadata": {"annotations": annotations or {}}, "spec": spec}
    body = {"metadata": {"name": name}, "spec": {"template": template}}
    status, answer = call(google, "POST", URL, body)
    return "" if status == 200 else str(answer["error"]["message"])


@pytest.mark.parametrize(("longest", "refused"), [(37, False), (38, True)])
def test_tag_and_name_share_46_characters(
    google: FakeGoogle, longest: int, *, refused: bool
) -> None:
    template = {"spec": {"containers": [{"image": IMAGE}]}}
    traffic = [{"latestRevision": True, "percent": 100, "tag": "candidate"}]
    body = {
        "metadata": {"name": "w" * longest},
        "spec": {"template": template, "traffic": traffic},
    }
    status, answer = call(google, "POST", URL, body)
    assert ("cannot exceed 46 characters" in str(answer)) is refused
    assert (status == 200) is not refused


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"cpu": "0.1", "concurrency": 10}, "Total cpu < 1 is not supported with concurrency > 1."),
        ({"cpu": "0.1"}, "Total cpu < 1 is not supported with concurrency > 1."),
        (
            {"cpu": "0.5", "concurrency": 1, "annotations": ALWAYS},
            "Total cpu < 1 is not supported with cpu always allocated (unthrottled).",
        ),
        ({"cpu": "0.5", "concurrency": 1, "annotations": GEN2}, "not supported with gen2"),
        ({"cpu": "3"}, "Must be equal to one of [.08-1], 1.0, 2.0, 4.0, 6.0, 8.0"),
        ({"cpu": "0.05", "concurrency": 1}, "Must be equal to one of [.08-1]"),
        ({"memory": "256Mi", "annotations": GEN2}, "Total memory < 512 Mi is not supported"),
        ({"memory": "256Mi", "annotations": ALWAYS}, "with cpu always allocated (unthrottled)."),
        ({"memory": "8Gi"}, "For 1.0 CPU, memory must be between 128Mi and 4Gi inclusive."),
        (
            {"cpu": "0.333", "memory": "1Gi", "concurrency": 1},
            "For 0.333 CPU, memory must be between 128Mi and 512Mi inclusive.",
        ),
        ({"cpu": "8", "memory": "2Gi"}, "For 8.0 CPU, memory must be between 4Gi and 32Gi"),
        ({"cpu": "lots"}, "Invalid value specified for cpu"),
        ({"memory": "12x"}, "Invalid value specified for memory"),
        ({"concurrency": 1001}, "Must be a number between 0 and 1000"),
        ({"timeoutSeconds": 4000}, "The maximum allowed time is one hour."),
        ({"name": "Web"}, "lowercase"),
        ({"env": [{"name": "PORT", "value": "1"}]}, "reserved env names were provided: PORT."),
        (
            {"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]},
            "Duplicate env names were provided: A.",
        ),
        (
            {"serviceAccountName": "nobody@example.com"},
            "Permission 'iam.serviceaccounts.actAs' denied on service account nobody@example.com",
        ),
        (
            {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "x", "key": "latest"}}}]},
            f"Secret projects/{NUMBER}/secrets/x/versions/latest was not found",
        ),
    ],
)
def test_refused(google: FakeGoogle, sizes: dict[str, Any], words: str) -> None:
    assert words in attempt(google, **sizes)
    assert google.cloud_run.services == {}


@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"cpu": "0.1", "memory": "128Mi", "concurrency": 1},
        {"cpu": "500m", "memory": "1Gi", "concurrency": 1},
        {"cpu": "1", "memory": "128Mi", "concurrency": 10},
        {"cpu": "8", "memory": "32Gi", "annotations": GEN2},
        {"memory": "512Mi", "annotations": ALWAYS},
    ],
)
def test_accepted(google: FakeGoogle, sizes: dict[str, Any]) -> None:
    assert attempt(google, **sizes) == ""
