"""Artifact Registry's API: repositories, and what gcloud asks about images.

Seen with gcloud 528 (not in anybody's documentation):
* `artifacts docker images describe HOST/P/R/I:TAG` asks for `…/packages/I/tags/TAG`, then twice for
  occurrences of Container Analysis (another API: it has an override of its own, and a 403 for a
  disabled API is forgiven). Its JSON has `image_summary.digest` and `.fully_qualified_digest`.
* `artifacts docker images list HOST/P/R` asks for `…/repositories/R/dockerImages`; with an image in
  the path it asks for `…/packages/I/versions` instead. Both ask for the repository first.
* `artifacts docker tags list` asks for `…/packages` and `…/packages/I/tags`.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, unquote

from tests.google.errors import GoogleError
from tests.google.images import HELLO, Image, Reference, Repository, made_up_digest
from tests.google.project import Project
from tests.google.regions import REGIONS
from tests.google.request import Json, Request
from tests.google.routes import API, route

_WHERE = "/v1/projects/{project}/locations/{location}"
_REPOSITORY = _WHERE + "/repositories/{repository}"
_KIND = "type.googleapis.com/google.devtools.artifactregistry.v1.Repository"


class ArtifactRegistry(API):
    """`gcloud artifacts`."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.operations: dict[str, Json] = {}
        self.foreign = {HELLO: made_up_digest(HELLO)}

    def add_repository(self, location: str, name: str) -> Repository:
        """Make a repository, as a test's preparation."""
        made = Repository(location, name, self.project.now())
        return self.repositories.setdefault((location, name), made)

    def add_image(self, text: str, digest: str = "") -> Image:
        """Put an image there, and its repository if there is none."""
        reference = Reference.parse(text)
        digest = digest or made_up_digest(text)
        if reference is None or reference.project != self.project.id:
            self.foreign[text] = digest
            return Image(digest, self.project.now())
        self.add_repository(reference.location, reference.repository)
        return self.push(reference, Image(digest, self.project.now()))

    def push(self, reference: Reference, image: Image) -> Image:
        """Do what a push does: the repository must exist."""
        return self.check_push(reference).put(reference.name, image, reference.tag)

    def check_push(self, reference: Reference) -> Repository:
        """Return the repository, or say why nothing can be pushed there."""
        repository = self.repositories.get((reference.location, reference.repository))
        if reference.project != self.project.id:
            where = f"projects/{reference.project}/locations/{reference.location}/repositories/"
            raise GoogleError(
                403,
                'Permission "artifactregistry.repositories.uploadArtifacts" denied on resource '
                f'"{where}{reference.repository}" (or it may not exist)',
                word="DENIED",
            )
        if repository is None:
            raise GoogleError(
                404, f'Repository "{reference.repository}" not found', word="NAME_UNKNOWN"
            )
        return repository

    def digest(self, text: str) -> str | None:
        """Return the digest of an image that Cloud Run may start."""
        reference = Reference.parse(text)
        if reference is None or reference.project not in (self.project.id, self.project.number):
            return self.foreign.get(text.removesuffix(":latest").partition("@")[0])
        repository = self.repositories.get((reference.location, reference.repository))
        if repository is None:
            return None
        if reference.digest:
            found = repository.packages.get(reference.name, {}).get(reference.digest)
        else:
            found = repository.tagged(reference.name, reference.tag)
        return found.digest if found else None

    @route("POST", _WHERE + "/repositories")
    def create(self, request: Request) -> Json:
        location, name = request.params["location"], request.query["repositoryId"]
        if (location, name) in self.repositories:
            raise GoogleError(409, "the repository already exists")
        made = self.add_repository(location, name)
        made.description = request.body.get("description", "")
        made.format = request.body.get("format", "DOCKER")
        return self._operation(location, made)

    def _operation(self, location: str, repository: Repository | None) -> Json:
        where = f"projects/{self.project.id}/locations/{location}"
        answer = {"@type": "type.googleapis.com/google.protobuf.Empty"}
        if repository is not None:
            answer = {"@type": _KIND, **self._to_json(repository)}
        name = f"{where}/operations/{self.project.new_id()}"
        self.operations[name] = {"name": name, "done": True, "response": answer}
        return self.operations[name]  # done at once: gcloud would wait a second for nothing

    @route("GET", _WHERE + "/operations/{operation}")
    def operation(self, request: Request) -> Json:
        name = request.path.removeprefix("/v1/")
        if name not in self.operations:
            raise GoogleError(404, "Requested entity was not found.")
        return self.operations[name]

    @route("GET", "/{version}/projects/{project}/locations")
    def locations(self, request: Request) -> Json:
        where = f"projects/{self.project.id}/locations"
        return {"locations": [{"name": f"{where}/{it}", "locationId": it} for it in REGIONS]}

    @route("GET", "/{version}/projects/{project}/locations/{location}/repositories")
    def list_repositories(self, request: Request) -> Json:
        location = request.params["location"]
        found = [it for it in self.repositories.values() if location in ("-", it.location)]
        return {"repositories": [self._to_json(it) for it in found]}

    @route("GET", _REPOSITORY)
    def describe(self, request: Request) -> Json:
        return self._to_json(self._repository(request))

    @route("DELETE", _REPOSITORY)
    def delete(self, request: Request) -> Json:
        repository = self._repository(request)
        del self.repositories[repository.location, repository.name]
        return self._operation(repository.location, None)

    @route("GET", _REPOSITORY + "/packages")
    def packages(self, request: Request) -> Json:
        repository = self._repository(request)
        return {"packages": [{"name": self._path(repository, it)} for it in repository.packages]}

    @route("GET", _REPOSITORY + "/packages/{package}")
    def package(self, request: Request) -> Json:
        repository, name, _ = self._versions(request)
        return {"name": self._path(repository, name)}

    @route("GET", _REPOSITORY + "/packages/{package}/versions")
    def versions(self, request: Request) -> Json:
        repository, name, versions = self._versions(request)
        return {"versions": [self._version(repository, name, it) for it in versions.values()]}

    @route("GET", _REPOSITORY + "/packages/{package}/versions/{digest*}")
    def version(self, request: Request) -> Json:
        repository, name, versions = self._versions(request)
        image = versions.get(unquote(request.params["digest"]))
        if image is None:
            raise GoogleError(404, "Requested entity was not found.")
        return self._version(repository, name, image)

    @route("GET", _REPOSITORY + "/packages/{package}/tags")
    def tags(self, request: Request) -> Json:
        repository, name, versions = self._versions(request)
        images = versions.values()
        return {"tags": [it for image in images for it in self._tags(repository, name, image)]}

    @route("GET", _REPOSITORY + "/packages/{package}/tags/{tag}")
    def tag(self, request: Request) -> Json:
        repository, name, versions = self._versions(request)
        for image in versions.values():
            for tag in self._tags(repository, name, image):
                if tag["name"].endswith(f"/tags/{request.params['tag']}"):
                    return tag
        raise GoogleError(404, "Requested entity was not found.")

    @route("GET", _REPOSITORY + "/dockerImages")
    def docker_images(self, request: Request) -> Json:
        repository = self._repository(request)
        return {"dockerImages": list(self._docker_images(repository))}

    def _docker_images(self, repository: Repository) -> Iterator[Json]:
        where = f"{repository.location}-docker.pkg.dev/{self.project.id}/{repository.name}"
        for name, versions in repository.packages.items():
            for image in versions.values():
                yield {
                    "name": f"{self._where(repository)}/dockerImages/{name}@{image.digest}",
                    "uri": f"{where}/{name}@{image.digest}",
                    "tags": image.tags,
                    "imageSizeBytes": str(image.size),
                    "uploadTime": image.uploaded,
                    "updateTime": image.uploaded,
                    "buildTime": image.uploaded,
                    "mediaType": image.media_type,
                }

    def _repository(self, request: Request) -> Repository:
        key = (request.params["location"], request.params["repository"])
        if key not in self.repositories:
            raise GoogleError(404, "Requested entity was not found.")
        return self.repositories[key]

    def _versions(self, request: Request) -> tuple[Repository, str, dict[str, Image]]:
        repository, name = self._repository(request), unquote(request.params["package"])
        if name not in repository.packages:
            raise GoogleError(404, "Requested entity was not found.")
        return repository, name, repository.packages[name]

    def _where(self, repository: Repository) -> str:
        return (
            f"projects/{self.project.id}/locations/{repository.location}"
            f"/repositories/{repository.name}"
        )

    def _path(self, repository: Repository, name: str) -> str:
        return f"{self._where(repository)}/packages/{quote(name, safe='')}"

    def _tags(self, repository: Repository, name: str, image: Image) -> list[Json]:
        path = self._path(repository, name)
        version = f"{path}/versions/{image.digest}"
        return [{"name": f"{path}/tags/{tag}", "version": version} for tag in image.tags]

    def _version(self, repository: Repository, name: str, image: Image) -> Json:
        return {
            "name": f"{self._path(repository, name)}/versions/{image.digest}",
            "createTime": image.uploaded,
            "updateTime": image.uploaded,
            "relatedTags": self._tags(repository, name, image),
            "metadata": {"imageSizeBytes": str(image.size), "mediaType": image.media_type},
        }

    def _to_json(self, repository: Repository) -> Json:
        return {
            "name": self._where(repository),
            "format": repository.format,
            "description": repository.description,
            "createTime": repository.created,
            "updateTime": repository.created,
            "mode": "STANDARD_REPOSITORY",
            "sizeBytes": "0",
        }


class ContainerAnalysis(API):
    """What `artifacts docker images describe` asks besides: nothing is known about any image."""

    @route("GET", "/{version}/projects/{project}/occurrences")
    def occurrences(self, request: Request) -> Json:
        return {}

    @route("GET", "/{version}/projects/{project}/locations/{location}/occurrences")
    def regional_occurrences(self, request: Request) -> Json:
        return {}
