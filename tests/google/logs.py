"""Cloud Logging: entries, and reading them with a filter."""

from __future__ import annotations

from typing import Any

from tests.google.log_filter import matches
from tests.google.project import Project
from tests.google.request import Json, Request
from tests.google.routes import API, route
from tests.google.run_revision import Revision


class Logs(API):
    """`gcloud logging read` and `run services logs read`."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.entries: list[dict[str, Any]] = []

    def write(
        self,
        revision: Revision,
        text: str = "",
        *,
        severity: str = "DEFAULT",
        log: str = "stdout",
        **more: Any,
    ) -> dict[str, Any]:
        """Add an entry of a revision, as Cloud Run itself does."""
        at = more.pop("timestamp", self.project.now())
        entry: dict[str, Any] = {
            "insertId": self.project.new_id(),
            "logName": f"projects/{self.project.id}/logs/run.googleapis.com%2F"
            + log.replace("/", "%2F"),
            "resource": {
                "type": "cloud_run_revision",
                "labels": {
                    "project_id": self.project.id,
                    "location": revision.region,
                    "service_name": revision.service,
                    "revision_name": revision.name,
                    "configuration_name": revision.service,
                },
            },
            "severity": severity,
            "timestamp": at,
            "receiveTimestamp": at,
            **({"textPayload": text} if text else {}),
            **more,
        }
        self.entries.append(entry)
        return entry

    @route("POST", "/v2/entries:list")
    def read(self, request: Request) -> Json:
        body = request.body
        for name in body.get("resourceNames", []):
            self.project.check(name.split("/")[1])
        found = [it for it in self.entries if matches(it, body.get("filter", ""))]
        found.sort(key=lambda it: str(it["timestamp"]))
        if body.get("orderBy", "").endswith("desc"):
            found.reverse()
        return {"entries": found[: body.get("pageSize") or None]} if found else {}
