"""Cloud Run's Admin API: services and revisions (v1, the one that gcloud speaks)."""

from __future__ import annotations

import copy
from typing import Any

from tests.google.builds import Builds
from tests.google.errors import GoogleError, HTMLError
from tests.google.policy import Policy
from tests.google.project import Project
from tests.google.regions import REGIONS
from tests.google.request import Json, Request
from tests.google.routes import API, route
from tests.google.run_revision import Revision
from tests.google.run_rules import check_name
from tests.google.run_service import OPERATION, URLS, Service
from tests.google.starter import Starter

_SERVICES = "/apis/serving.knative.dev/v1/namespaces/{project}/services"
_SERVICE = _SERVICES + "/{service}"
_REVISIONS = "/apis/serving.knative.dev/v1/namespaces/{project}/revisions"
_V1 = "/v1/projects/{project}/locations/{region}"
NO_SUCH_PAGE = "The requested URL was not found on this server."


class CloudRun(API):
    """`gcloud run services` and `revisions`: the regional host has them, the global one the IAM."""

    def __init__(self, project: Project, starter: Starter, builds: Builds) -> None:
        self.project = project
        self.builds = builds
        self.starter = starter
        self.services: dict[tuple[str, str], Service] = {}
        self.operations: dict[str, Service] = {}

    @route("POST", _SERVICES)
    def create(self, request: Request) -> Json:
        body, region = request.body, self._region(request)
        name = body["metadata"]["name"]
        check_name(name)
        if (region, name) in self.services:
            raise GoogleError(409, f"Resource '{name}' already exists.")
        made = Service(
            name,
            region,
            self.project.number,
            self.project.new_id(),
            self.project.now(),
            Policy(self.project.check_member),
        )
        if request.query.get("dryRun") == "all":
            self._apply(made, body, dry=True)
            return copy.deepcopy(body)
        answer = self._apply(made, body)
        self.services[region, name] = made
        return answer

    @route("PUT", _SERVICE)
    def replace(self, request: Request) -> Json:
        service = self._service(request)
        version = request.body["metadata"].get("resourceVersion", service.version)
        if version != service.version:
            raise GoogleError(
                409,
                f"Conflict for resource '{service.name}': version '{version}' was specified but "
                f"current version is '{service.version}'.",
                word="ABORTED",
            )
        if request.query.get("dryRun") == "all":
            self._apply(service, request.body, dry=True)
            return copy.deepcopy(dict(request.body))
        return self._apply(service, request.body)

    def _apply(self, service: Service, body: dict[str, Any], *, dry: bool = False) -> Json:
        """Check, keep, and begin a revision when the template differs from the last one."""
        template = self.starter.template(service, body["spec"].get("template") or {})
        traffic = self.starter.traffic(service, template, body["spec"].get("traffic") or [])
        if dry:
            return {}
        begun = None
        if service.template is None or template.raw != service.template.raw:
            begun = self.starter.begin(service, template)
        metadata = body.get("metadata", {})
        service.metadata = {
            "labels": _without(metadata.get("labels"), "cloud.googleapis.com/location"),
            "annotations": _without(metadata.get("annotations"), OPERATION, URLS),
        }
        service.metadata["annotations"].setdefault(
            "serving.knative.dev/creator", "developer@example.com"
        )
        service.metadata["annotations"]["serving.knative.dev/lastModifier"] = (
            "developer@example.com"
        )
        service.template, service.traffic = template, traffic
        service.generation += 1
        service.changed = self.project.now()
        service.operation = self.project.new_id()
        self.operations[service.operation] = service
        if begun is not None:
            service.revisions.append(begun)
        answer = service.to_json(under_way=True)
        if begun is not None:
            self.starter.start(service, begun)
        return answer

    @route("GET", _SERVICE)
    def describe(self, request: Request) -> Json:
        return self._service(request).to_json()

    @route("GET", _SERVICES)
    def list_in_region(self, request: Request) -> Json:
        region = self._region(request)
        return self._list(region)

    @route("GET", _V1 + "/services")
    def list_everywhere(self, request: Request) -> Json:
        return self._list(request.params["region"])

    def _list(self, region: str) -> Json:
        found = [it for (where, _), it in sorted(self.services.items()) if region in ("-", where)]
        return {
            "apiVersion": "serving.knative.dev/v1",
            "kind": "ServiceList",
            "metadata": {},
            "items": [service.to_json() for service in found],
        }

    @route("DELETE", _SERVICE)
    def delete(self, request: Request) -> Json:
        service = self._service(request)
        del self.services[service.region, service.name]
        for revision in service.revisions:
            self.starter.stop(revision)
        return {"kind": "Status", "status": "Success"}

    @route("POST", _V1 + "/operations/{operation}:wait")
    def wait(self, request: Request) -> Json:
        """Answer when the change is done, at the latest after 30 seconds."""
        service = self.operations.get(request.params["operation"])
        name = request.path.removeprefix("/v1/").removesuffix(":wait")
        if service is None:
            raise GoogleError(404, f"Operation '{name}' not found.")
        self.project.changed.wait_for(lambda: service.settled, 30)
        if not service.settled:
            return {"name": name}
        answer = {
            "@type": "type.googleapis.com/google.cloud.run.v1.Service",
            **service.to_json(),
        }
        return {"name": name, "done": True, "response": answer}

    @route("GET", _REVISIONS)
    def list_revisions(self, request: Request) -> Json:
        """List by the labels that are asked for (`a = b` and `a in (b)`)."""
        found = self._revisions(self._region(request))
        wanted = _labels(request.query.get("labelSelector", ""))
        items = [it.to_json() for it in reversed(found)]
        return {
            "apiVersion": "serving.knative.dev/v1",
            "kind": "RevisionList",
            "metadata": {},  # without it gcloud crashes
            "items": [
                it for it in items if wanted.items() <= it["metadata"].get("labels", {}).items()
            ],
        }

    @route("GET", _REVISIONS + "/{revision}")
    def describe_revision(self, request: Request) -> Json:
        return self._revision(request).to_json()

    @route("DELETE", _REVISIONS + "/{revision}")
    def delete_revision(self, request: Request) -> Json:
        revision = self._revision(request)
        service = self.services[revision.region, revision.service]
        if revision in [service.resolve(it) for it in service.traffic] or (
            revision is service.latest
        ):
            raise GoogleError(
                400,
                f"Revision '{revision.name}' is the latest one or serves traffic and cannot be "
                "deleted.",
                word="FAILED_PRECONDITION",
            )  # rule documented, wording ours
        service.revisions.remove(revision)
        self.starter.stop(revision)
        return {"kind": "Status", "status": "Success"}

    @route("GET", _V1 + "/services/{service}:getIamPolicy")
    def get_policy(self, request: Request) -> Json:
        return self._service(request).policy.to_json()

    @route("POST", _V1 + "/services/{service}:setIamPolicy")
    def set_policy(self, request: Request) -> Json:
        return self._service(request).policy.replace(request.body)

    @route("POST", "/v2/projects/{project}/locations/{region}/builds:submit")
    def submit_build(self, request: Request) -> Json:
        """Do the first half of `run deploy --source`: build what was uploaded."""
        return {
            "buildOperation": self.builds.begin(
                request.params["region"],
                {
                    "images": [request.body["imageUri"]],
                    "source": {"storageSource": request.body["storageSource"]},
                },
            )
        }

    @route("POST", _V1 + "/services/{service}:testIamPermissions")
    def test_permissions(self, request: Request) -> Json:
        return {"permissions": request.body.get("permissions", [])}

    @route("GET", "/v1/projects/{project}/locations")
    def locations(self, request: Request) -> Json:
        where = f"projects/{self.project.id}/locations"
        found = [{"name": f"{where}/{it}", "locationId": it} for it in REGIONS]
        return {"locations": found}

    def _region(self, request: Request) -> str:
        """Return the region of the host, and answer as a host that is none of Google's."""
        region = request.params.get("region") or request.region
        if region not in REGIONS:
            raise HTMLError(404, "Not Found", NO_SUCH_PAGE)
        return region

    def _service(self, request: Request) -> Service:
        found = self.services.get((self._region(request), request.params["service"]))
        if found is None:
            raise GoogleError(
                404,
                f"Resource '{request.params['service']}' of kind 'SERVICE' in "
                f"region '{self._region(request)}' in project '{self.project.id}' does not exist.",
            )
        return found

    def _revisions(self, region: str) -> list[Revision]:
        mine = [it for it in self.services.values() if it.region == region]
        return [revision for service in mine for revision in service.revisions]

    def _revision(self, request: Request) -> Revision:
        region, name = self._region(request), request.params["revision"]
        for revision in self._revisions(region):
            if revision.name == name:
                return revision
        raise GoogleError(
            404,
            f"Resource '{name}' of kind 'REVISION' in region '{region}' in project "
            f"'{self.project.id}' does not exist.",
        )


def _without(table: dict[str, Any] | None, *names: str) -> dict[str, Any]:
    return {key: value for key, value in (table or {}).items() if key not in names}


def _labels(selector: str) -> dict[str, str]:
    pairs = [piece.split("=", 1) for piece in selector.split(",") if "=" in piece]
    return {key.strip().rstrip("="): value.strip().lstrip("=").strip() for key, value in pairs}
