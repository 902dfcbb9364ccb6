"""Secret Manager: secrets, their versions, who may read them."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from tests.google.errors import GoogleError
from tests.google.policy import Policy
from tests.google.project import Project
from tests.google.request import Json, Request
from tests.google.routes import API, route

ACCESSOR = "roles/secretmanager.secretAccessor"
READERS = (ACCESSOR, "roles/secretmanager.admin", "roles/owner")
"""The roles whose holder may read a payload. The editor's role does not let it, as at Google."""


@dataclass
class Version:
    """One value of a secret."""

    number: int
    payload: bytes = field(repr=False)
    crc32c: str
    created: str
    state: str = "ENABLED"


@dataclass
class Secret:
    """A secret with its versions, oldest first."""

    name: str
    created: str
    policy: Policy
    about: dict[str, Any]
    versions: list[Version] = field(default_factory=list)

    def version(self, key: str) -> Version | None:
        """Return the version of that number; "latest" is the newest one, whatever its state."""
        if key == "latest":
            return self.versions[-1] if self.versions else None
        return next((it for it in self.versions if str(it.number) == key), None)


class SecretManager(API):
    """`gcloud secrets`. Payloads are compared with the checksum only by gcloud itself."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.secrets: dict[str, Secret] = {}

    def path(self, name: str) -> str:
        """Google answers with the project's number."""
        return f"projects/{self.project.number}/secrets/{name}"

    def add(self, name: str, *payloads: bytes) -> Secret:
        """Make a secret with these versions, as a test's preparation."""
        secret = self.secrets.get(name) or self._make(name, {"replication": {"automatic": {}}})
        for payload in payloads:
            self._add_version(secret, payload, "")
        return secret

    def may_read(self, secret: Secret, email: str) -> bool:
        """Tell whether the service account may read it, by the secret's policy or the project's."""
        member = f"serviceAccount:{email}"
        policies = (secret.policy, self.project.policy)
        return any(policy.grants(READERS, member) for policy in policies)

    def _make(self, name: str, about: dict[str, Any]) -> Secret:
        self.secrets[name] = secret = Secret(
            name, self.project.now(), Policy(self.project.check_member), about
        )
        return secret

    def _add_version(self, secret: Secret, payload: bytes, crc32c: str) -> Version:
        made = Version(len(secret.versions) + 1, payload, crc32c, self.project.now())
        secret.versions.append(made)
        return made

    @route("POST", "/v1/projects/{project}/secrets")
    def create(self, request: Request) -> Json:
        name = request.query["secretId"]
        if name in self.secrets:
            raise GoogleError(409, f"Secret [{self.path(name)}] already exists.")
        if not request.body.get("replication"):
            raise GoogleError(400, "secret.replication must be provided.")
        return self._to_json(self._make(name, request.body))

    @route("GET", "/v1/projects/{project}/secrets")
    def list_secrets(self, request: Request) -> Json:
        return {
            "secrets": [self._to_json(self.secrets[name]) for name in sorted(self.secrets)],
            "totalSize": len(self.secrets),
        }

    @route("GET", "/v1/projects/{project}/secrets/{secret}")
    def describe(self, request: Request) -> Json:
        return self._to_json(self._secret(request))

    @route("PATCH", "/v1/projects/{project}/secrets/{secret}")
    def update(self, request: Request) -> Json:
        secret = self._secret(request)
        for key in request.query.get("updateMask", "").split(","):
            secret.about[key] = request.body.get(key)
        return self._to_json(secret)

    @route("DELETE", "/v1/projects/{project}/secrets/{secret}")
    def delete(self, request: Request) -> Json:
        del self.secrets[self._secret(request).name]
        return {}

    @route("POST", "/v1/projects/{project}/secrets/{secret}:addVersion")
    def add_version(self, request: Request) -> Json:
        secret = self._secret(request)
        payload = request.body["payload"]
        # In JSON both alphabets of base64 are taken; gcloud writes the one for addresses.
        data = base64.b64decode(payload.get("data", "").replace("-", "+").replace("_", "/"))
        if not data:
            raise GoogleError(400, "Secret Payload cannot be empty.")
        if len(data) > 65536:
            raise GoogleError(400, "The secret payload is larger than 64 KiB.")  # wording ours
        made = self._add_version(secret, data, str(payload.get("dataCrc32c", "")))
        # Without this word gcloud says that the payload was corrupted.
        return {
            **self._version_json(secret, made),
            "clientSpecifiedPayloadChecksum": bool(payload.get("dataCrc32c")),
        }

    @route("GET", "/v1/projects/{project}/secrets/{secret}/versions")
    def list_versions(self, request: Request) -> Json:
        secret = self._secret(request)
        newest_first = reversed(secret.versions)
        return {
            "versions": [self._version_json(secret, it) for it in newest_first],
            "totalSize": len(secret.versions),
        }

    @route("GET", "/v1/projects/{project}/secrets/{secret}/versions/{version}")
    def describe_version(self, request: Request) -> Json:
        secret = self._secret(request)
        return self._version_json(secret, self._version(secret, request))

    @route("GET", "/v1/projects/{project}/secrets/{secret}/versions/{version}:access")
    def access(self, request: Request) -> Json:
        secret = self._secret(request)
        version = self._version(secret, request)
        if version.state != "ENABLED":
            raise GoogleError(
                400,
                f"Secret Version [{self.path(secret.name)}/versions/{version.number}] is in "
                f"{version.state} state.",
                word="FAILED_PRECONDITION",
            )
        payload = {"data": base64.b64encode(version.payload).decode()}
        if version.crc32c:
            payload["dataCrc32c"] = version.crc32c
        return {"name": f"{self.path(secret.name)}/versions/{version.number}", "payload": payload}

    @route("POST", "/v1/projects/{project}/secrets/{secret}/versions/{version}:{verb}")
    def change_version(self, request: Request) -> Json:
        secret = self._secret(request)
        version = self._version(secret, request)
        states = {"enable": "ENABLED", "disable": "DISABLED", "destroy": "DESTROYED"}
        version.state = states[request.params["verb"]]
        if version.state == "DESTROYED":
            version.payload = b""
        return self._version_json(secret, version)

    @route("GET", "/v1/projects/{project}/secrets/{secret}:getIamPolicy")
    def get_policy(self, request: Request) -> Json:
        return self._secret(request).policy.to_json()

    @route("POST", "/v1/projects/{project}/secrets/{secret}:setIamPolicy")
    def set_policy(self, request: Request) -> Json:
        return self._secret(request).policy.replace(request.body)

    def _secret(self, request: Request) -> Secret:
        name = request.params["secret"]
        if name not in self.secrets:
            raise GoogleError(404, f"Secret [{self.path(name)}] not found.")
        return self.secrets[name]

    def _version(self, secret: Secret, request: Request) -> Version:
        key = request.params["version"]
        found = secret.version(key)
        if found is None and key == "latest":
            raise GoogleError(
                404, f"Secret [{self.path(secret.name)}] not found or has no versions."
            )
        if found is None:
            raise GoogleError(
                404, f"Secret Version [{self.path(secret.name)}/versions/{key}] not found."
            )
        return found

    def _to_json(self, secret: Secret) -> Json:
        about = {key: value for key, value in secret.about.items() if value}
        return {
            **about,
            "name": self.path(secret.name),
            "createTime": secret.created,
            "etag": '"1"',
        }

    def _version_json(self, secret: Secret, version: Version) -> Json:
        return {
            "name": f"{self.path(secret.name)}/versions/{version.number}",
            "createTime": version.created,
            "state": version.state,
            "replicationStatus": {"automatic": {}},
            "etag": '"1"',
        }
