"""A Cloud Run service as its API describes it, read into values. Pure.

The form is Knative's ``serving.knative.dev/v1``, which gcloud prints with ``--format=json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

_RUN: Final = "run.googleapis.com"
_SCALE: Final = "autoscaling.knative.dev"


@dataclass(frozen=True, slots=True)
class RevisionSettings:
    """What one revision runs with: the template of a service, or a revision of its own.

    Amounts are Cloud Run's text (``"1"``, ``"512Mi"``, seconds as numbers); ``None`` is unset.
    """

    name: str
    image: str
    cpu: str
    memory: str
    concurrency: int | None
    timeout: int | None
    max_instances: int | None
    min_instances: int
    generation: str
    cpu_boost: bool
    cpu_throttled: bool
    port: int | None
    service_account: str
    environment: Mapping[str, str] = field(repr=False)
    # Variable -> "secret:version".
    secrets: Mapping[str, str]
    labels: Mapping[str, str]
    startup_probe: Mapping[str, Any] | None
    liveness_probe: Mapping[str, Any] | None
    created: str = ""
    ready: bool | None = None
    why_not_ready: str = ""

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> RevisionSettings:
        """Read a revision, or the ``template`` of a service."""
        metadata = given.get("metadata") or {}
        spec = given.get("spec") or {}
        annotations = metadata.get("annotations") or {}
        container = _main_container(spec.get("containers") or [])
        limits = (container.get("resources") or {}).get("limits") or {}
        condition = _condition(given.get("status") or {})
        ports = container.get("ports") or [{}]
        return cls(
            name=str(metadata.get("name") or ""),
            image=str(container.get("image") or ""),
            cpu=str(limits.get("cpu") or ""),
            memory=str(limits.get("memory") or ""),
            concurrency=_number(spec.get("containerConcurrency")),
            timeout=_number(spec.get("timeoutSeconds")),
            max_instances=_number(annotations.get(f"{_SCALE}/maxScale")),
            min_instances=_number(annotations.get(f"{_SCALE}/minScale")) or 0,
            generation=str(annotations.get(f"{_RUN}/execution-environment") or ""),
            cpu_boost=_is_true(annotations.get(f"{_RUN}/startup-cpu-boost")),
            cpu_throttled=not _is_false(annotations.get(f"{_RUN}/cpu-throttling")),
            port=_number(ports[0].get("containerPort")),
            service_account=str(spec.get("serviceAccountName") or ""),
            environment=_plain_variables(container.get("env") or []),
            secrets=_secret_variables(container.get("env") or []),
            labels=dict(metadata.get("labels") or {}),
            startup_probe=container.get("startupProbe"),
            liveness_probe=container.get("livenessProbe"),
            created=str(metadata.get("creationTimestamp") or ""),
            ready=_truth(condition),
            why_not_ready=str(condition.get("message") or ""),
        )


@dataclass(frozen=True, slots=True)
class Target:
    """Where a part of the traffic goes, or what a tag points at."""

    revision: str
    percent: int = 0
    tag: str = ""
    url: str = ""
    is_latest: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """A service and what it does at the moment."""

    name: str
    url: str
    urls: tuple[str, ...]
    generation: int
    ingress: str
    min_instances: int
    labels: Mapping[str, str]
    template: RevisionSettings
    targets: tuple[Target, ...]
    latest_created: str
    latest_ready: str
    ready: bool | None
    why_not_ready: str = ""
    created: str = ""

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Service:
        """Read what ``gcloud run services describe`` prints."""
        metadata, status = given.get("metadata") or {}, given.get("status") or {}
        annotations = metadata.get("annotations") or {}
        condition = _condition(status)
        url = str(status.get("url") or "")
        latest_ready = str(status.get("latestReadyRevisionName") or "")
        return cls(
            name=str(metadata.get("name") or ""),
            url=url,
            urls=_urls(annotations.get(f"{_RUN}/urls"), url),
            generation=_number(metadata.get("generation")) or 0,
            ingress=str(annotations.get(f"{_RUN}/ingress") or "all"),
            min_instances=_number(annotations.get(f"{_RUN}/minScale")) or 0,
            labels=dict(metadata.get("labels") or {}),
            template=RevisionSettings.parse((given.get("spec") or {}).get("template") or {}),
            targets=tuple(_target(each, latest_ready) for each in status.get("traffic") or []),
            latest_created=str(status.get("latestCreatedRevisionName") or ""),
            latest_ready=latest_ready,
            ready=_truth(condition),
            why_not_ready=str(condition.get("message") or ""),
            created=str(metadata.get("creationTimestamp") or ""),
        )

    @property
    def traffic(self) -> dict[str, int]:
        """The share of each revision that has one, in percent, the largest first."""
        shares: dict[str, int] = {}
        for target in self.targets:
            if target.percent:
                shares[target.revision] = shares.get(target.revision, 0) + target.percent
        return dict(sorted(shares.items(), key=lambda item: -item[1]))

    @property
    def serving(self) -> str:
        """The revision with the most traffic; empty where none has any."""
        return next(iter(self.traffic), "")

    def tagged(self, tag: str) -> Target | None:
        """Return what a tag points at."""
        return next((each for each in self.targets if each.tag == tag), None)


def _target(given: Mapping[str, Any], latest_ready: str) -> Target:
    latest = latest_ready if given.get("latestRevision") else ""
    return Target(
        revision=str(given.get("revisionName") or latest),
        percent=_number(given.get("percent")) or 0,
        tag=str(given.get("tag") or ""),
        url=str(given.get("url") or ""),
        is_latest=bool(given.get("latestRevision")),
    )


def _urls(listed: object, url: str) -> tuple[str, ...]:
    try:
        found = json.loads(listed) if isinstance(listed, str) else []
    except ValueError:
        found = []
    urls = [str(each) for each in found] if isinstance(found, list) else []
    return tuple(dict.fromkeys([*urls, url] if url else urls))


def _main_container(containers: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the container that gets the requests: only that one has a port."""
    first = next(iter(containers), {})
    return next((each for each in containers if each.get("ports")), first)


def _plain_variables(env: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {
        str(each.get("name") or ""): str(each.get("value") or "") for each in env if not _ref(each)
    }


def _secret_variables(env: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {
        str(each.get("name") or ""): f"{ref.get('name')}:{ref.get('key') or 'latest'}"
        for each in env
        if (ref := _ref(each))
    }


def _ref(variable: Mapping[str, Any]) -> Mapping[str, Any]:
    return (variable.get("valueFrom") or {}).get("secretKeyRef") or {}


def _condition(status: Mapping[str, Any]) -> Mapping[str, Any]:
    conditions = status.get("conditions") or []
    return next((each for each in conditions if each.get("type") == "Ready"), {})


def _truth(condition: Mapping[str, Any]) -> bool | None:
    return {"True": True, "False": False}.get(str(condition.get("status")))


def _number(given: object) -> int | None:
    try:
        return int(str(given))
    except ValueError:
        return None


def _is_true(given: object) -> bool:
    return str(given).lower() == "true"


def _is_false(given: object) -> bool:
    return str(given).lower() == "false"
