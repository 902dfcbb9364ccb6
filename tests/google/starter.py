"""From a template to a revision that serves: checks, names, secrets, the container."""

from __future__ import annotations

import threading
import traceback
from typing import Any

from tests.google.artifact_registry import ArtifactRegistry
from tests.google.containers import Containers, end, free_port, listens
from tests.google.errors import GoogleError, invalid
from tests.google.logs import Logs
from tests.google.project import Project
from tests.google.run_revision import COULD_NOT_LISTEN, Revision
from tests.google.run_rules import check_tags, check_template
from tests.google.run_service import LATEST, Service
from tests.google.run_template import Template
from tests.google.secret_manager import SecretManager

LETTERS = "bcdfghjklmnpqrstvwxz"


class Starter:
    """Makes revisions. With ``containers`` each gets a process, started beside the request."""

    def __init__(
        self,
        project: Project,
        secrets: SecretManager,
        artifacts: ArtifactRegistry,
        logs: Logs,
        containers: Containers | None,
        patience: float,
    ) -> None:
        self.project = project
        self.secrets = secrets
        self.artifacts = artifacts
        self.logs = logs
        self.containers = containers
        self.patience = patience
        self.crashes: list[str] = []
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._revisions: list[Revision] = []

    def template(self, service: Service, raw: dict[str, Any]) -> Template:
        """Read and check what a client sent."""
        template = Template(raw, self.project.default_account)
        check_template(template, self.project, self.secrets)
        known = service.revision(template.name) if template.name else None
        if known is not None and known.template.raw != template.raw:
            raise GoogleError(
                409,
                f"Revision named '{template.name}' with different configuration already exists.",
            )
        if template.name and not template.name.startswith(f"{service.name}-"):
            raise invalid(
                "spec.template.metadata.name",
                f"Revision name '{template.name}' must be prefixed by the service name "
                f"'{service.name}-'.",
            )
        return template

    def traffic(
        self, service: Service, template: Template, wanted: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Check the split; the revision that is about to be made may be named in it."""
        targets = [dict(it) for it in wanted] or [dict(LATEST)]
        for target in targets:
            if not target.get("revisionName"):
                target["latestRevision"] = True
        total = sum(int(it.get("percent") or 0) for it in targets)
        if total != 100:
            raise invalid(
                "spec.traffic", f"Traffic targets must sum to 100 percent; this is {total}."
            )  # rule documented, wording ours
        tags = [it["tag"] for it in targets if it.get("tag")]
        if len(set(tags)) != len(tags):
            raise invalid("spec.traffic", "Traffic tags must be unique.")  # wording ours
        check_tags(service.name, targets)
        return targets

    def begin(self, service: Service, template: Template) -> Revision:
        """Make the revision; it is not ready yet."""
        number = len(service.revisions) + 1
        suffix = "".join(self.project.random.choice(LETTERS) for _ in range(3))
        return Revision(
            name=template.name or f"{service.name}-{number:05d}-{suffix}",
            service=service.name,
            region=service.region,
            generation=service.generation + 1,
            uid=self.project.new_id(),
            created=self.project.now(),
            namespace=self.project.number,
            template=template,
            image_digest=_pinned(template.image, self.artifacts.digest(template.image)),
        )

    def start(self, service: Service, revision: Revision) -> None:
        """Resolve secrets and image, then start the container and settle the revision."""
        self._revisions.append(revision)
        refused = self._refused_secrets(revision.template)
        if refused:
            self._fail(revision, "SecretsAccessCheckFailed", "\n".join(refused))
        elif not revision.image_digest:
            image = revision.template.image
            self._fail(revision, "ContainerMissing", f"Image '{image}' not found.")
        else:
            revision.environment = self._environment(service, revision)
            self._start_container(revision)

    def _fail(self, revision: Revision, reason: str, why: str) -> None:
        revision.fail(reason, why, self.project.now())
        self.logs.write(revision, revision.message, severity="ERROR", log="varlog/system")
        self.project.changed.notify_all()

    def _refused_secrets(self, template: Template) -> list[str]:
        words = []
        for use in template.secrets():
            secret = self.secrets.secrets[use.name]
            version = secret.version(use.version)
            path = f"{self.secrets.path(use.name)}/versions/{use.version}"
            if version is not None and version.state != "ENABLED":  # wording ours
                words.append(f"{use.field}: Secret {path} is in {version.state} state.")
            if not self.secrets.may_read(secret, template.account):
                words.append(
                    f"{use.field}: Permission denied on secret: {path} for Revision service "
                    f"account {template.account}. The service account used must be granted the "
                    "'Secret Manager Secret Accessor' role (roles/secretmanager.secretAccessor) at "
                    "the secret, project or higher level."
                )
        return words

    def _environment(self, service: Service, revision: Revision) -> dict[str, str]:
        """Return what the container sees. Secrets as files are not given to a process."""
        values = revision.template.variables()
        for use in revision.template.secrets():
            version = self.secrets.secrets[use.name].version(use.version)
            if use.variable and version is not None:
                values[use.variable] = version.payload.decode()
        return {
            **values,
            "PORT": str(revision.template.port),
            "K_SERVICE": service.name,
            "K_REVISION": revision.name,
            "K_CONFIGURATION": service.name,
        }

    def _start_container(self, revision: Revision) -> None:
        if self.containers is None:
            revision.succeed(self.project.now())
            self.project.changed.notify_all()
            return
        # A daemon, so that a test's end does not count it as left behind; `close` waits for it.
        thread = threading.Thread(
            target=self._run, args=(revision, self.containers), name=revision.name, daemon=True
        )
        self._threads.append(thread)
        thread.start()

    def _run(self, revision: Revision, containers: Containers) -> None:
        """Start the container and settle the revision; meanwhile the fake answers others."""
        port = free_port()
        environment = {**revision.environment, "PORT": str(port)}
        try:
            process = containers.start(environment, revision.template.image, port)
        except Exception:
            self.crashes.append(f"containers.start\n{traceback.format_exc()}")
            process, healthy = None, False
        else:
            healthy = process is None or listens(process, port, self.patience, self._closing)
        with self.project.changed:
            if healthy and not self._closing.is_set():
                revision.environment, revision.process, revision.port = environment, process, port
                revision.succeed(self.project.now())
                self.project.changed.notify_all()
                return
            words = COULD_NOT_LISTEN.replace("8080", str(revision.template.port))
            self._fail(revision, "HealthCheckContainerError", words)
        if process is not None:
            end(process)

    def stop(self, revision: Revision) -> None:
        """End the revision's container."""
        process, revision.process = revision.process, None
        if process is not None:
            end(process)

    def close(self) -> None:
        """End every container."""
        self._closing.set()
        for thread in self._threads:
            thread.join()
        for revision in self._revisions:
            self.stop(revision)


def _pinned(image: str, digest: str | None) -> str:
    if digest is None:
        return ""
    name = image.partition("@")[0]
    head, _, last = name.rpartition("/")
    return f"{head}/{last.partition(':')[0]}@{digest}".lstrip("/")
