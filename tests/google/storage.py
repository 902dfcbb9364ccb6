"""Cloud Storage: buckets and uploads, as far as `gcloud builds submit` needs them."""

from __future__ import annotations

import re
from typing import Any

from tests.google.errors import GoogleError
from tests.google.project import Project
from tests.google.request import Json, Request
from tests.google.routes import API, route


class Storage(API):
    """Objects are kept whole by bucket and name: what was sent to be built can be looked at."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.buckets: dict[str, dict[str, bytes]] = {}

    @route("GET", "/storage/v1/b/{bucket}")
    def bucket(self, request: Request) -> Json:
        self._objects(request)
        return self._bucket(request.params["bucket"])

    @route("GET", "/storage/v1/b")
    def list_buckets(self, request: Request) -> Json:
        prefix = request.query.get("prefix", "")
        return {"items": [self._bucket(it) for it in self.buckets if it.startswith(prefix)]}

    @route("POST", "/storage/v1/b")
    def create(self, request: Request) -> Json:
        self.project.check(request.query["project"])
        name = request.body["name"]
        if name in self.buckets:
            raise GoogleError(409, "The requested bucket name is not available.")
        self.buckets[name] = {}
        return self._bucket(name)

    @route("POST", "/upload/storage/v1/b/{bucket}/o")
    def upload(self, request: Request) -> Json:
        """Take a multipart/related upload: gcloud compares the size in the answer."""
        objects = self._objects(request)
        kind = request.headers.get("Content-Type", "")
        boundary = re.search(r"boundary=['\"]?([^'\";]+)", kind)
        if boundary is None:
            raise GoogleError(400, "The fake takes multipart uploads only.")
        part = request.content.split(b"--" + boundary[1].encode())[2]
        content = part.partition(b"\n\n" if b"\r\n\r\n" not in part else b"\r\n\r\n")[2]
        content = content.removesuffix(b"\n").removesuffix(b"\r")
        objects[request.query["name"]] = content
        return self._object(request.params["bucket"], request.query["name"], content)

    @route("GET", "/storage/v1/b/{bucket}/o/{name*}")
    def describe(self, request: Request) -> Json:
        objects, name = self._objects(request), request.params["name"].replace("%2F", "/")
        if name not in objects:
            raise GoogleError(404, f"No such object: {request.params['bucket']}/{name}")
        return self._object(request.params["bucket"], name, objects[name])

    def _objects(self, request: Request) -> dict[str, bytes]:
        name = request.params["bucket"]
        if name not in self.buckets:
            raise GoogleError(404, "The specified bucket does not exist.")
        return self.buckets[name]

    def _bucket(self, name: str) -> dict[str, Any]:
        return {
            "kind": "storage#bucket",
            "id": name,
            "name": name,
            "projectNumber": self.project.number,
            "location": "US",
        }

    def _object(self, bucket: str, name: str, content: bytes) -> dict[str, Any]:
        return {
            "kind": "storage#object",
            "bucket": bucket,
            "name": name,
            "size": str(len(content)),
            "generation": "1",
        }
