"""Asks Google what is in place in a project, as far as a deploy has to know it."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from hipflask.cloudrun.command import gcloud as command
from hipflask.cloudrun.gcloud import Gcloud, is_missing
from hipflask.cloudrun.observed import Observed, ObservedSecret
from hipflask.cloudrun.release import account_of, secret_sources
from hipflask.cloudrun.roles import INVOKER, READER
from hipflask.cloudrun.service import RevisionSettings, Service
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.errors import CommandFailed


def observe(
    spec: ServiceSpec,
    gcloud: Gcloud,
    *,
    tag: str = "",
    values: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Observed:
    """Return the state of the project and of the service.

    ``tag`` is the image's tag that is looked for, ``values`` holds the variables' values that are
    at hand, so that a secret with another value is seen. Raises CommandFailed for a project that
    is not there or not ours, and for whatever else gcloud refuses.
    """
    given = dict(values or {})
    project_number = find_project_number(spec, gcloud)
    listed = gcloud.ask(command("services", "list", enabled=True, project=spec.project)) or []
    apis = frozenset(str(each["config"]["name"]) for each in listed)
    asking = Questions(spec, gcloud, apis)
    with gcloud.at_once() as pool:
        secrets = {
            name: pool.submit(partial(asking.secret, name, given.get(variable)))
            for name, variable in secret_sources(spec, given).items()
        }
        repository = pool.submit(asking.repository)
        digest = pool.submit(partial(asking.image, f"{spec.image_path}:{tag}" if tag else ""))
        account = pool.submit(asking.has_account)
        service, invokers = pool.submit(asking.service), pool.submit(asking.invokers)
        found = {name: future.result() for name, future in secrets.items()}
        return Observed(
            project_number=project_number,
            apis=apis,
            repository_format=repository.result(),
            has_docker_helper=has_docker_helper(f"{spec.region}-docker.pkg.dev", environ or {}),
            secrets={name: secret for name, secret in found.items() if secret is not None},
            given=frozenset(given),
            has_account=account.result(),
            image_digest=digest.result(),
            service=service.result(),
            invokers=invokers.result(),
        )


def find_project_number(spec: ServiceSpec, gcloud: Gcloud) -> int:
    """Return the project's number, which is part of its services' addresses.

    Raises CommandFailed for a project that is not there or not ours.
    """
    return int(gcloud.ask(command("projects", "describe", spec.project))["projectNumber"])


def find_service(spec: ServiceSpec, gcloud: Gcloud) -> Service | None:
    """Return the service as it is; ``None`` where there is none."""
    found = gcloud.ask_for(command("run", "services", "describe", spec.name, **_where(spec)))
    return Service.parse(found) if found else None


def list_revisions(spec: ServiceSpec, gcloud: Gcloud) -> list[RevisionSettings]:
    """Return the service's revisions, the newest first."""
    listed = gcloud.ask(command("run", "revisions", "list", service=spec.name, **_where(spec)))
    found = [RevisionSettings.parse(each) for each in listed or []]
    return sorted(found, key=lambda revision: (revision.created, revision.name), reverse=True)


def find_invokers(spec: ServiceSpec, gcloud: Gcloud) -> frozenset[str]:
    """Return the members that may call the service; none where there is no service."""
    policy = gcloud.ask_for(command("run", "services", "get-iam-policy", spec.name, **_where(spec)))
    return _members(policy, INVOKER)


def read_secret(spec: ServiceSpec, gcloud: Gcloud, name: str, version: str = "latest") -> str:
    """Return a secret's value; empty where there is none. It must not be shown."""
    ask = command("secrets", "versions", "access", version, secret=name, project=spec.project)
    try:
        return gcloud.run(ask).stdout
    except CommandFailed as error:
        if is_missing(error) or "FAILED_PRECONDITION" in error.output:
            return ""
        raise


def has_docker_helper(host: str, environ: Mapping[str, str]) -> bool:
    """Tell whether docker, and buildah with it, asks gcloud for the password of a registry."""
    folder = environ.get("DOCKER_CONFIG")
    home = environ.get("USERPROFILE") or environ.get("HOME")
    path = Path(folder) if folder else Path(home or "~").expanduser() / ".docker"
    try:
        known = json.loads((path / "config.json").read_text(encoding="utf-8"))
        return bool(known.get("credHelpers", {}).get(host) == "gcloud")
    except (OSError, ValueError, AttributeError):
        return False


class Questions:
    """What can be asked about a spec's surroundings; an API that is off is not asked.

    Each raises CommandFailed for what gcloud refuses.
    """

    def __init__(self, spec: ServiceSpec, gcloud: Gcloud, apis: frozenset[str]) -> None:
        self._spec = spec
        self._gcloud = gcloud
        self._apis = apis

    def repository(self) -> str:
        """Return the format of the repository; empty where there is none."""
        if "artifactregistry.googleapis.com" not in self._apis:
            return ""
        found = self._gcloud.ask_for(
            command(
                *("artifacts", "repositories", "describe", self._spec.repository),
                location=self._spec.region,
                project=self._spec.project,
            )
        )
        return str(found.get("format") or "") if found else ""

    def image(self, image: str) -> str:
        """Return the digest of an image; empty where there is none."""
        if not image or "artifactregistry.googleapis.com" not in self._apis:
            return ""
        found = self._gcloud.ask_for(command("artifacts", "docker", "images", "describe", image))
        return str((found or {}).get("image_summary", {}).get("digest") or "")

    def secret(self, name: str, value: str | None) -> ObservedSecret | None:
        """Return a secret's state, compared with a value; ``None`` where it is not there."""
        if "secretmanager.googleapis.com" not in self._apis:
            return None
        versions = self._gcloud.ask_for(
            command("secrets", "versions", "list", name, project=self._spec.project)
        )
        if versions is None:
            return None
        states = {int(str(each["name"]).rpartition("/")[2]): each["state"] for each in versions}
        usable = max((n for n, state in states.items() if state == "ENABLED"), default=0)
        differs = False
        if value is not None and usable:
            known = read_secret(self._spec, self._gcloud, name, str(usable))
            differs = not hmac.compare_digest(known.encode(), value.encode())
        policy = self._gcloud.ask(
            command("secrets", "get-iam-policy", name, project=self._spec.project)
        )
        newest = max(states, default=0)
        return ObservedSecret(newest, usable, differs, _members(policy, READER))

    def has_account(self) -> bool:
        """Tell whether the service's account is there."""
        if "iam.googleapis.com" not in self._apis:
            return False
        found = self._gcloud.ask_for(
            command(
                *("iam", "service-accounts", "describe", account_of(self._spec)),
                project=self._spec.project,
            )
        )
        return found is not None

    def service(self) -> Service | None:
        """Return the service; ``None`` where there is none."""
        if "run.googleapis.com" not in self._apis:
            return None
        return find_service(self._spec, self._gcloud)

    def invokers(self) -> frozenset[str]:
        """Return the members that may call the service."""
        if "run.googleapis.com" not in self._apis:
            return frozenset()
        return find_invokers(self._spec, self._gcloud)


def _members(policy: Any, role: str) -> frozenset[str]:
    bindings = (policy or {}).get("bindings") or []
    return frozenset(
        str(member)
        for binding in bindings
        if binding.get("role") == role and not binding.get("condition")
        for member in binding.get("members") or []
    )


def _where(spec: ServiceSpec) -> dict[str, str]:
    return {"region": spec.region, "project": spec.project}
