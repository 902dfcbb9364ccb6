"""Service Usage: which APIs the project has enabled."""

from __future__ import annotations

from tests.google.errors import GoogleError
from tests.google.project import Project
from tests.google.request import Json, Request
from tests.google.routes import API, route


class ServiceUsage(API):
    """`gcloud services`. Enabling is done in the answer; the real one takes a while."""

    def __init__(self, project: Project) -> None:
        self.project = project

    @route("POST", "/v1/projects/{project}/services/{api}:enable")
    def enable(self, request: Request) -> Json:
        return self._enable([request.params["api"]])

    @route("POST", "/v1/projects/{project}/services:batchEnable")
    def enable_many(self, request: Request) -> Json:
        return self._enable(request.body.get("serviceIds", []))

    def _enable(self, names: list[str]) -> Json:
        for name in names:
            if not name.endswith(".googleapis.com"):
                raise GoogleError(403, f"Not found or permission denied for service(s): {name}.")
        self.project.apis.update(dict.fromkeys(names))
        kind = "type.googleapis.com/google.api.serviceusage.v1.BatchEnableServicesResponse"
        states = [self._state(name) for name in names]
        return {
            "name": f"operations/acat.p2-{self.project.number}-{self.project.new_id()}",
            "done": True,
            "response": {"@type": kind, "services": states},
        }

    @route("POST", "/v1/projects/{project}/services/{api}:disable")
    def disable(self, request: Request) -> Json:
        self.project.apis.pop(request.params["api"], None)
        kind = "type.googleapis.com/google.api.serviceusage.v1.DisableServiceResponse"
        return {"name": "operations/noop.DONE_OPERATION", "done": True, "response": {"@type": kind}}

    @route("GET", "/v1/operations/{operation}")
    def operation(self, request: Request) -> Json:
        return {"name": f"operations/{request.params['operation']}", "done": True, "response": {}}

    @route("GET", "/v1/projects/{project}/services/{api}")
    def describe(self, request: Request) -> Json:
        return self._state(request.params["api"])

    @route("GET", "/v1/projects/{project}/services")
    def list_services(self, request: Request) -> Json:
        return {"services": [self._state(name) for name in sorted(self.project.apis)]}

    def _state(self, name: str) -> Json:
        return {
            "name": f"projects/{self.project.number}/services/{name}",
            "config": {"name": name},
            "state": "ENABLED" if name in self.project.apis else "DISABLED",
            "parent": f"projects/{self.project.number}",
        }
