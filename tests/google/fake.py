"""`FakeGoogle`: one Google Cloud project on this machine, as far as a deployment needs it."""

from __future__ import annotations

import json
import re
import ssl
import tempfile
import threading
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.google.artifact_registry import ArtifactRegistry, ContainerAnalysis
from tests.google.builds import Builds
from tests.google.certificates import Authority
from tests.google.cloud_run import CloudRun
from tests.google.containers import Containers
from tests.google.environ import environment
from tests.google.errors import GoogleError, HTMLError
from tests.google.front_end import FrontEnd
from tests.google.iam import IAM
from tests.google.images import Image, Reference
from tests.google.logs import Logs
from tests.google.project import Project
from tests.google.registry import Registry
from tests.google.request import Request
from tests.google.resource_manager import ResourceManager
from tests.google.routes import API
from tests.google.run_service import Service
from tests.google.secret_manager import Secret, SecretManager
from tests.google.server import Server
from tests.google.service_usage import ServiceUsage
from tests.google.sites import Sites
from tests.google.starter import Starter
from tests.google.storage import Storage
from tests.google.web import WebAnswer, WebRequest

CONTROL = "/_fake/images"
"""Where the stand-in for docker says what it has pushed. No address of Google's."""


@dataclass
class Fault:
    """An answer that is forced on the next requests whose line matches."""

    pattern: re.Pattern[str]
    error: GoogleError
    times: int
    spared: int = 0


class FakeGoogle:
    """A context manager. What tests look at: `requests`, `refused_hosts`, `unrouted`, `visits`.

    It proves that the real gcloud takes a command line, what it sends, and that the documented
    rules hold. It does not prove that Google would answer the same: quotas, delays of permissions,
    organisation policies other than one, and all that is undocumented are not here.
    """

    def __init__(
        self,
        *,
        project: str = "corner-shop-1234",
        number: int = 123456789012,
        apis: Iterable[str] = (),
        containers: Containers | None = None,
        startup_seconds: float = 30,
    ) -> None:
        self.project = Project(project, number, apis)
        self.requests: list[Request] = []
        self.unrouted: list[Request] = []
        self.refused_hosts: list[str] = []
        self._faults: list[Fault] = []
        self.secret_manager = SecretManager(self.project)
        self.artifacts = ArtifactRegistry(self.project)
        self.logs = Logs(self.project)
        self.storage = Storage(self.project)
        self.builds = Builds(self.project, self.artifacts, self.storage)
        self._starter = Starter(
            self.project,
            self.secret_manager,
            self.artifacts,
            self.logs,
            containers,
            startup_seconds,
        )
        self.crashes = self._starter.crashes
        self.cloud_run = CloudRun(self.project, self._starter, self.builds)
        self.registry = Registry(self.project, self.artifacts)
        self._front_end = FrontEnd(self.cloud_run, self.logs)
        self._sites = Sites(self._front_end, self.registry, self.builds)
        self._apis: Mapping[str, API] = {
            "artifactregistry": self.artifacts,
            "cloudbuild": self.builds,
            "cloudresourcemanager": ResourceManager(self.project),
            "containeranalysis": ContainerAnalysis(),
            "iam": IAM(self.project),
            "logging": self.logs,
            "run": self.cloud_run,
            "secretmanager": self.secret_manager,
            "storage": self.storage,
            "serviceusage": ServiceUsage(self.project),
        }

    def __enter__(self) -> FakeGoogle:
        self._folder = tempfile.TemporaryDirectory(prefix="fake-google-")
        self._authority = Authority(Path(self._folder.name))
        self._server = Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="fake Google", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._starter.close()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._folder.cleanup()
        if self.crashes and error is None:
            raise AssertionError("the fake itself failed:\n" + "\n".join(self.crashes))

    # What a test prepares and asks.

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def certificate(self) -> Path:
        """The throw-away authority that clients must trust."""
        return self._authority.file

    def environ(self, folder: Path, *, signed_in: bool = True) -> dict[str, str]:
        """Return all that a child process needs in its environment to meet the fake only.

        What it inherits must hold no `CLOUDSDK_…` of its own: see `gcloud.inherited`.
        """
        return environment(
            folder, self.project.id, self.port, self.certificate, signed_in=signed_in
        )

    @property
    def lines(self) -> list[str]:
        """The requests so far as short lines."""
        return [request.line for request in self.requests]

    @property
    def visits(self) -> list[str]:
        """Requests of the web, as `GET https://host/path`."""
        return self._front_end.visits

    @property
    def refuse_all_users(self) -> bool:
        """An organisation's policy that forbids to let everybody in."""
        return self.project.refuse_all_users

    @refuse_all_users.setter
    def refuse_all_users(self, value: bool) -> None:
        self.project.refuse_all_users = value

    def fail(
        self,
        pattern: str,
        *,
        status: int = 500,
        message: str = "The fake was told to fail.",
        times: int = 1,
        spared: int = 0,
        violations: Mapping[str, str] | None = None,
    ) -> None:
        """Answer the next ``times`` requests whose line matches ``pattern`` with an error.

        After the line comes the command of gcloud, so that ``PUT .*update-traffic$`` is one. The
        first ``spared`` of them are answered as always.
        """
        error = GoogleError(status, message, violations=violations)
        self._faults.append(Fault(re.compile(pattern), error, times, spared))

    def enable(self, *apis: str) -> None:
        """Enable APIs, as `run` or `run.googleapis.com`."""
        self.project.apis.update(
            dict.fromkeys(it if "." in it else f"{it}.googleapis.com" for it in apis)
        )

    def add_image(self, name: str, *, digest: str = "") -> Image:
        """Put an image into Artifact Registry (its repository too)."""
        with self.project.changed:
            return self.artifacts.add_image(name, digest)

    def add_repository(self, name: str, *, location: str = "us-west1") -> None:
        """Make an empty Docker repository."""
        with self.project.changed:
            self.artifacts.add_repository(location, name)

    def add_service_account(self, name: str) -> str:
        """Make a service account and return its address."""
        with self.project.changed:
            return self.project.add_service_account(name).email

    def add_secret(self, name: str, *values: str) -> Secret:
        """Make a secret with these versions."""
        with self.project.changed:
            return self.secret_manager.add(name, *(value.encode() for value in values))

    def service(self, name: str, region: str = "us-west1") -> Service:
        """Return the state of a service of Cloud Run."""
        return self.cloud_run.services[region, name]

    def log(self, service: str, text: str, *, region: str = "us-west1", **more: Any) -> None:
        """Write a line into the log of a service's latest revision."""
        with self.project.changed:
            self.logs.write(self.service(service, region).latest, text, **more)

    # What the server asks.

    def answer_api(
        self, method: str, url: str, headers: Any, content: bytes
    ) -> tuple[int, str, bytes]:
        """Record and answer one request."""
        if url == CONTROL:  # a plain path: asked directly, not as a proxy
            return self._push(json.loads(content))
        request = Request.parse(method, url, headers, content)
        if request is None:
            if "://" in url:  # and not the question whether this is a machine of Google's
                self.refused_hosts.append(url.split("/")[2])
            return 404, "text/plain", b"The fake of Google knows no such host."
        with self.project.changed:
            self.requests.append(request)
            status, kind, body = self._answer(request)
        request.status = status
        return status, kind, body

    def _answer(self, request: Request) -> tuple[int, str, bytes]:
        try:
            return 200, "application/json; charset=UTF-8", _json(self._handle(request))
        except GoogleError as error:
            return error.code, "application/json; charset=UTF-8", _json(error.to_json())
        except HTMLError as error:
            return error.code, "text/html; charset=UTF-8", error.page
        except Exception:
            self.crashes.append(f"{request.line}\n{traceback.format_exc()}")
            words = f"The fake itself failed: {traceback.format_exc(limit=-2)}"
            return 400, "application/json", _json(GoogleError(400, words).to_json())

    def _handle(self, request: Request) -> Any:
        for fault in self._faults:
            if fault.times and fault.pattern.search(f"{request.line} {request.command}"):
                if fault.spared:
                    fault.spared -= 1
                    continue
                fault.times -= 1
                raise fault.error
        if not request.token:
            raise GoogleError(
                401,
                "Request is missing required authentication credential. Expected OAuth 2 access "
                "token, login cookie or other valid authentication credential.",
            )
        api = self._apis.get(request.service)
        handler = api.find(request) if api else None
        if handler is None:
            self.unrouted.append(request)
            raise GoogleError(404, f"The fake has no route for {request.line}")
        if "project" in request.params:
            self.project.check(request.params["project"])
        self.project.check_api(request.service)
        return handler(request)

    def _push(self, order: dict[str, str]) -> tuple[int, str, bytes]:
        """Take an image from the stand-in for docker."""
        reference = Reference.parse(order["name"])
        try:
            if reference is None:
                raise GoogleError(404, f"The fake has no registry for {order['name']}")
            with self.project.changed:
                image = Image(order["digest"], self.project.now())
                self.artifacts.push(reference, image)
        except GoogleError as error:
            return error.code, "application/json", _json(error.to_json())
        return 200, "application/json", b"{}"

    def answer_web(self, request: WebRequest) -> WebAnswer:
        return self._sites.answer(request)

    def tunnel(self, host: str) -> ssl.SSLContext | None:
        """Return the context of TLS for a host that the fake speaks for; note the others."""
        if self._sites.knows(host):
            return self._authority.context
        self.refused_hosts.append(host)
        return None


def _json(answer: Any) -> bytes:
    return json.dumps(answer).encode()
