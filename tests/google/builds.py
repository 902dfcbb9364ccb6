"""Cloud Build: builds that are pretended. Nothing is built; the image exists afterwards.

Seen with gcloud 528: `builds submit DIR --tag=IMAGE --region=R` looks for the bucket
`PROJECT_cloudbuild` (`PROJECT_R_cloudbuild` where that is asked for), uploads the folder, creates
the build, and then polls `GET …/builds/ID` once a second until its status is final.
With and without `--suppress-logs` it reads the log meanwhile, from
https://storage.googleapis.com/BUCKET/log-ID.txt, which no override reaches: the fake answers there
with its own certificate, so `CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE` must name its authority, or gcloud
crashes after the build. `--suppress-logs` only keeps the log from being printed; `--async` does not
wait and does not read. `--format=json` prints the build. A failed build: exit code 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tests.google.artifact_registry import ArtifactRegistry
from tests.google.errors import GoogleError
from tests.google.images import Image, Reference, made_up_digest
from tests.google.project import Project
from tests.google.request import Json, Request
from tests.google.routes import API, route
from tests.google.storage import Storage

_WHERE = "/v1/projects/{project}/locations/{region}"


@dataclass
class Build:
    """A build and how often somebody has looked at it: it is done at the second look."""

    id: str
    region: str
    wanted: dict[str, Any]
    created: str
    status: str = "QUEUED"
    failure: str = ""
    digests: dict[str, str] | None = None


class Builds(API):
    """`gcloud builds`. ``fail_with`` makes the next build fail for that reason."""

    def __init__(self, project: Project, artifacts: ArtifactRegistry, storage: Storage) -> None:
        self.project = project
        self.artifacts = artifacts
        self.storage = storage
        self.builds: dict[str, Build] = {}
        self.fail_with = ""

    @route("POST", _WHERE + "/builds", "/v1/projects/{project}/builds")
    def create(self, request: Request) -> Json:
        return self.begin(request.params.get("region") or "global", request.body)

    def begin(self, region: str, wanted: dict[str, Any]) -> Json:
        """Take an order, and return the operation."""
        source = wanted.get("source", {}).get("storageSource", {})
        if source and source["object"] not in self.storage.buckets.get(source["bucket"], {}):
            raise GoogleError(404, "could not resolve source: the object does not exist")
        made = Build(self.project.new_id(), region, wanted, self.project.now())
        self.builds[made.id] = made
        return self._operation(made)

    @route("GET", _WHERE + "/builds/{build}", "/v1/projects/{project}/builds/{build}")
    def describe(self, request: Request) -> Json:
        build = self._find(request.params["build"])
        self._go_on(build)
        return self._to_json(build)

    @route("GET", _WHERE + "/builds", "/v1/projects/{project}/builds")
    def list_builds(self, request: Request) -> Json:
        return {"builds": [self._to_json(it) for it in reversed(self.builds.values())]}

    @route("GET", _WHERE + "/operations/{operation}")
    def operation(self, request: Request) -> Json:
        build = self._find(request.params["operation"])
        self._go_on(build)
        return self._operation(build)

    @route("GET", _WHERE + "/defaultServiceAccount")
    def default_account(self, request: Request) -> Json:
        email = f"projects/{self.project.id}/serviceAccounts/{self.project.default_account}"
        return {"name": "defaultServiceAccount", "serviceAccountEmail": email}

    def log(self, path: str, offset: int) -> tuple[int, bytes]:
        """Return the log of a build from ``offset`` on, as Cloud Storage serves it to gcloud."""
        found = re.fullmatch(r"/[^/]+/log-([0-9a-f-]+)\.txt", path)
        build = self.builds.get(found[1]) if found else None
        if build is None:
            return 404, b""
        lines = ["starting build", f'"{build.id}"', "(the fake builds nothing)"]
        if build.status in ("SUCCESS", "FAILURE"):
            lines.append(f"ERROR: {build.failure}" if build.failure else "DONE")
        text = "".join(f"{line}\n" for line in lines).encode()[offset:]
        return (206, text) if text else (416, b"")

    def _find(self, build_id: str) -> Build:
        if build_id not in self.builds:
            raise GoogleError(404, "Requested entity was not found.")
        return self.builds[build_id]

    def _go_on(self, build: Build) -> None:
        """QUEUED, WORKING, then the end: each look takes it one step further."""
        if build.status == "QUEUED":
            build.status = "WORKING"
            return
        if build.status != "WORKING":
            return
        build.failure, self.fail_with = self.fail_with, ""
        digests = {}
        try:
            for name in build.wanted.get("images", []) if not build.failure else []:
                reference = Reference.parse(name)
                if reference is None:
                    raise GoogleError(404, f"The fake has no registry for {name}")
                digests[name] = made_up_digest(f"{build.id} {name}")
                self.artifacts.push(reference, Image(digests[name], self.project.now()))
        except GoogleError as error:
            build.failure = f"failed to push: {error.message}"
        build.digests = digests
        build.status = "FAILURE" if build.failure else "SUCCESS"

    def _operation(self, build: Build) -> Json:
        name = f"projects/{self.project.id}/locations/{build.region}/operations/{build.id}"
        kind = "type.googleapis.com/google.devtools.cloudbuild.v1"
        answer: Json = {
            "name": name,
            "metadata": {"@type": f"{kind}.BuildOperationMetadata", "build": self._to_json(build)},
        }
        if build.status == "SUCCESS":
            answer |= {"done": True, "response": {"@type": f"{kind}.Build", **self._to_json(build)}}
        elif build.status == "FAILURE":
            answer |= {"done": True, "error": {"code": 2, "message": build.failure}}
        return answer

    def _to_json(self, build: Build) -> Json:
        where = f"projects/{self.project.number}/locations/{build.region}"
        console = "https://console.cloud.google.com/cloud-build/builds;region="
        answer: Json = {
            **build.wanted,
            "id": build.id,
            "name": f"{where}/builds/{build.id}",
            "projectId": self.project.id,
            "status": build.status,
            "createTime": build.created,
            "logUrl": f"{console}{build.region}/{build.id}?project={self.project.number}",
            "logsBucket": f"gs://{self.project.number}.cloudbuild-logs.googleusercontent.com",
        }
        if build.digests:
            images = [{"name": name, "digest": it} for name, it in build.digests.items()]
            answer["results"] = {"images": images}
        if build.failure:
            answer["failureInfo"] = {"type": "USER_BUILD_STEP", "detail": build.failure}
        return answer
