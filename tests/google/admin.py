"""Changes a service as gcloud would, without its second for each command: for tests of the web."""

from __future__ import annotations

import http.client
import json
from typing import Any

from tests.google.environ import TOKEN
from tests.google.fake import FakeGoogle


def call(
    google: FakeGoogle, method: str, url: str, body: dict[str, Any] | None = None
) -> tuple[int, dict[str, Any]]:
    """Send one request through the proxy."""
    connection = http.client.HTTPConnection("127.0.0.1", google.port, timeout=60)
    try:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        connection.request(method, url, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def deploy(
    google: FakeGoogle,
    image: str,
    *,
    name: str = "web",
    region: str = "us-west1",
    public: bool = True,
    tag: str = "",
    **variables: str,
) -> dict[str, Any]:
    """Create or replace a service, wait, and return it. With ``tag`` it gets no traffic."""
    where = f"http://{region}-run.fake.test/apis/serving.knative.dev/v1/namespaces"
    services = f"{where}/{google.project.id}/services"
    env = [{"name": key, "value": value} for key, value in variables.items()]
    template: dict[str, Any] = {"spec": {"containers": [{"image": image, "env": env}]}}
    status, old = call(google, "GET", f"{services}/{name}")
    traffic: list[dict[str, Any]] = [{"latestRevision": True, "percent": 100}]
    if tag:
        template["metadata"] = {"name": f"{name}-{tag}"}
        traffic = [
            {"revisionName": old["status"]["latestReadyRevisionName"], "percent": 100},
            {"revisionName": f"{name}-{tag}", "tag": tag},
        ]
    metadata = {"name": name, "namespace": google.project.id}
    body = {"metadata": metadata, "spec": {"template": template, "traffic": traffic}}
    if status == 404:
        status, begun = call(google, "POST", services, body)
    else:
        status, begun = call(google, "PUT", f"{services}/{name}", body)
    assert status == 200, begun
    if public:
        google.service(name, region).policy.add("roles/run.invoker", "allUsers")
    operation = begun["metadata"]["annotations"]["run.googleapis.com/operation-id"]
    v1 = f"http://{region}-run.fake.test/v1/projects/{google.project.id}/locations/{region}"
    _, done = call(google, "POST", f"{v1}/operations/{operation}:wait", {"timeout": "30s"})
    service: dict[str, Any] = done["response"]
    return service


def ready(service: dict[str, Any]) -> dict[str, Any]:
    """Return the condition that decides."""
    found: dict[str, Any] = next(
        it for it in service["status"]["conditions"] if it["type"] == "Ready"
    )
    return found
