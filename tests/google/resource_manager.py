"""Cloud Resource Manager: the project itself and its policy."""

from __future__ import annotations

from tests.google.project import Project
from tests.google.request import Json, Request
from tests.google.routes import API, route


class ResourceManager(API):
    """`gcloud projects`. The policy's requests are POSTs here, unlike everywhere else."""

    def __init__(self, project: Project) -> None:
        self.project = project

    @route("GET", "/v1/projects/{project}")
    def describe(self, request: Request) -> Json:
        return {
            "projectNumber": self.project.number,
            "projectId": self.project.id,
            "lifecycleState": "ACTIVE",
            "name": self.project.id,
            "createTime": "2026-01-01T00:00:00.000000Z",
        }

    @route("GET", "/v1/projects")
    def list_projects(self, request: Request) -> Json:
        return {"projects": [self.describe(request)]}

    @route("POST", "/v1/projects/{project}:getIamPolicy")
    def get_policy(self, request: Request) -> Json:
        return self.project.policy.to_json()

    @route("POST", "/v1/projects/{project}:setIamPolicy")
    def set_policy(self, request: Request) -> Json:
        return self.project.policy.replace(request.body)
