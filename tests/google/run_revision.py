"""A revision of a Cloud Run service: its template, whether it is ready, its container."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from typing import Any

from tests.google.run_template import Template

COULD_NOT_LISTEN = (
    "The user-provided container failed to start and listen on the port defined provided by the "
    "PORT=8080 environment variable within the allocated timeout. This can happen when the "
    "container port is misconfigured or if the timeout is too short. The health check timeout can "
    "be extended. Logs for this revision might contain more information."
)


@dataclass(eq=False)
class Revision:
    """``ready`` is ``None`` until the revision has started or failed; then ``message`` says why."""

    name: str
    service: str
    region: str
    generation: int
    uid: str
    created: str
    namespace: str
    template: Template
    image_digest: str
    ready: bool | None = None
    reason: str = ""
    message: str = ""
    settled: str = ""
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    process: subprocess.Popen[Any] | None = None
    port: int = 0

    def fail(self, reason: str, why: str, now: str) -> None:
        """Mark it as failed, in the sentence that gcloud shows."""
        self.ready, self.reason, self.settled = False, reason, now
        self.message = f"Revision '{self.name}' is not ready and cannot serve traffic. {why}"

    def succeed(self, now: str) -> None:
        self.ready, self.settled = True, now

    @property
    def logs_url(self) -> str:
        return (
            "https://console.cloud.google.com/logs/viewer?project=PROJECT&resource="
            f"cloud_run_revision/service_name/{self.service}/revision_name/{self.name}"
        ).replace("PROJECT", self.namespace)

    def conditions(self) -> list[dict[str, Any]]:
        """Return Ready, ContainerHealthy and so on."""
        status = {None: "Unknown", True: "True", False: "False"}[self.ready]
        at = self.settled or self.created
        kinds = ("Ready", "ContainerHealthy", "ResourcesAvailable")
        found: list[dict[str, Any]] = []
        for kind in kinds:
            condition = {"type": kind, "status": status, "lastTransitionTime": at}
            if self.ready is False and kind != "ResourcesAvailable":
                condition |= {"reason": self.reason, "message": self.message}
            elif self.ready is None:
                condition |= {"reason": "Deploying", "message": "Deploying Revision."}
            found.append(condition)
        return found

    def to_json(self) -> dict[str, Any]:
        """Return the Revision object."""
        metadata = self.template.raw["metadata"]
        labels = {
            **metadata.get("labels", {}),
            "cloud.googleapis.com/location": self.region,
            "serving.knative.dev/configuration": self.service,
            "serving.knative.dev/configurationGeneration": str(self.generation),
            "serving.knative.dev/route": self.service,
            "serving.knative.dev/service": self.service,
            "serving.knative.dev/serviceUid": self.uid,
        }
        return {
            "apiVersion": "serving.knative.dev/v1",
            "kind": "Revision",
            "metadata": {
                "name": self.name,
                "namespace": self.namespace,
                "selfLink": f"/apis/serving.knative.dev/v1/namespaces/{self.namespace}"
                f"/revisions/{self.name}",
                "uid": self.uid,
                "resourceVersion": "AAY",
                "generation": 1,
                "creationTimestamp": self.created,
                "labels": labels,
                "annotations": dict(self.template.annotations),
                "ownerReferences": [
                    {
                        "kind": "Configuration",
                        "name": self.service,
                        "apiVersion": "serving.knative.dev/v1",
                        "controller": True,
                        "blockOwnerDeletion": True,
                    }
                ],
            },
            "spec": self.template.spec,
            "status": {
                "observedGeneration": 1,
                "conditions": self.conditions(),
                "logUrl": self.logs_url,
                "imageDigest": self.image_digest,
            },
        }
