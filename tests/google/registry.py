"""The image registry behind `REGION-docker.pkg.dev`: the push and pull of the OCI distribution.

Enough for docker, buildah and podman: a token for a password, blobs in one piece or in many,
manifests by tag and digest. Layers are kept in memory and compared with their digest. Mounting a
blob from another repository is refused, so clients upload it.
Source: the OCI Distribution Specification 1.1.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from tests.google.artifact_registry import ArtifactRegistry
from tests.google.errors import GoogleError
from tests.google.images import Image, Reference
from tests.google.project import Project
from tests.google.web import WebAnswer, WebRequest, answer

_PATH = re.compile(r"/v2/(?P<name>.+?)/(?P<what>blobs/uploads|blobs|manifests)/(?P<last>[^/]*)")


@dataclass
class Registry:
    """The contents that Artifact Registry's API describes."""

    project: Project
    artifacts: ArtifactRegistry
    blobs: dict[str, bytes] = field(default_factory=dict, repr=False)
    manifests: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict, repr=False)
    uploads: dict[str, bytes] = field(default_factory=dict, repr=False)
    pushes: list[str] = field(default_factory=list)

    def answer(self, request: WebRequest) -> WebAnswer:
        """Answer one request of a client."""
        parts = urlsplit(request.path)
        if parts.path == "/v2/token":
            return self._token(request)
        if not request.header("Authorization").startswith("Bearer "):
            realm = f'Bearer realm="https://{request.host}/v2/token",service="{request.host}"'
            return _error(401, "UNAUTHORIZED", "authentication required", realm)
        if parts.path in ("/v2/", "/v2"):
            return answer(200, b"{}", "application/json")
        found = _PATH.fullmatch(parts.path)
        if found is None:
            return _error(404, "NAME_UNKNOWN", "the fake has no such path")
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        handler: Callable[..., WebAnswer] = {
            "blobs/uploads": self._upload,
            "blobs": self._blob,
            "manifests": self._manifest,
        }[found["what"]]
        with self.project.changed:
            try:
                return handler(request, found["name"], found["last"], query)
            except GoogleError as error:
                return _error(error.code, error.word, error.message)

    def _token(self, request: WebRequest) -> WebAnswer:
        if not request.header("Authorization").startswith("Basic "):
            return _error(401, "UNAUTHORIZED", "authentication required")
        return answer(200, b'{"token": "a-token-of-the-registry"}', "application/json")

    def _upload(
        self, request: WebRequest, name: str, upload: str, query: dict[str, str]
    ) -> WebAnswer:
        self._reference(request, name, "latest")
        if request.method == "POST":
            upload = self.project.new_id()
            self.uploads[upload] = b""
        elif upload not in self.uploads:
            return _error(404, "BLOB_UPLOAD_UNKNOWN", "upload unknown")
        self.uploads[upload] += request.body
        digest = query.get("digest", "")
        if not digest:
            size = len(self.uploads[upload])
            place = {
                "Location": f"/v2/{name}/blobs/uploads/{upload}",
                "Docker-Upload-UUID": upload,
                "Range": f"0-{max(size - 1, 0)}",
            }
            return answer(202, headers=place)
        content = self.uploads.pop(upload)
        if _digest(content) != digest:
            return _error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        self.blobs[digest] = content
        place = {"Location": f"/v2/{name}/blobs/{digest}", "Docker-Content-Digest": digest}
        return answer(201, headers=place)

    def _blob(
        self, request: WebRequest, name: str, digest: str, query: dict[str, str]
    ) -> WebAnswer:
        content = self.blobs.get(digest)
        if content is None:
            return _error(404, "BLOB_UNKNOWN", "blob unknown to registry")
        kind = "application/octet-stream"
        return answer(200, content, kind, {"Docker-Content-Digest": digest})

    def _manifest(
        self, request: WebRequest, name: str, last: str, query: dict[str, str]
    ) -> WebAnswer:
        if request.method == "PUT":
            return self._put_manifest(request, name, last)
        kind, content = self.manifests.get((name, last), ("", b""))
        if not content:
            return _error(404, "MANIFEST_UNKNOWN", "manifest unknown")
        return answer(200, content, kind, {"Docker-Content-Digest": _digest(content)})

    def _put_manifest(self, request: WebRequest, name: str, last: str) -> WebAnswer:
        kind, content = request.header("Content-Type"), request.body
        digest = _digest(content)
        manifest = json.loads(content)
        parts = [*manifest.get("layers", []), manifest["config"]] if "config" in manifest else []
        for part in parts:
            if part["digest"] not in self.blobs:
                return _error(400, "MANIFEST_BLOB_UNKNOWN", f"unknown blob {part['digest']}")
        tag = "" if last.startswith("sha256:") else last
        size = sum(int(part["size"]) for part in parts)
        image = Image(digest, self.project.now(), size=size, media_type=kind)
        self.artifacts.push(self._reference(request, name, tag), image)
        for key in {last, digest}:
            self.manifests[name, key] = (kind, content)
        self.pushes.append(f"{request.host}/{name}:{last}")
        place = {"Location": f"/v2/{name}/manifests/{digest}", "Docker-Content-Digest": digest}
        return answer(201, headers=place)

    def _reference(self, request: WebRequest, name: str, tag: str) -> Reference:
        """Read `PROJECT/REPOSITORY/IMAGE`, and refuse a repository that is not there."""
        project, repository, image = [*name.split("/", 2), "", ""][:3]
        location = request.host.removesuffix("-docker.pkg.dev")
        reference = Reference(location, project, repository, image, tag, "")
        self.artifacts.check_push(reference)
        return reference


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _error(code: int, word: str, message: str, challenge: str = "") -> WebAnswer:
    body = json.dumps({"errors": [{"code": word, "message": message}]}).encode()
    headers = {"WWW-Authenticate": challenge} if challenge else {}
    return answer(code, body, "application/json", headers)
