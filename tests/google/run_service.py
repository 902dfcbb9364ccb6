"""A Cloud Run service: generations, revisions, traffic, and the object that describes it.

Not known from documents, and so a choice of this fake: after a revision has failed the service
stays Ready=False until another revision is ready (Knative's rule), also when its traffic is moved.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from typing import Any

from tests.google.policy import Policy
from tests.google.run_revision import Revision
from tests.google.run_template import Template

URLS = "run.googleapis.com/urls"
OPERATION = "run.googleapis.com/operation-id"
GONE = "does not exist or is deleted. Update all traffic to route to currently available revisions."
LATEST = {"latestRevision": True, "percent": 100}


@dataclass(eq=False)
class Service:
    """What is stored of a service; `to_json` makes the object that clients see."""

    name: str
    region: str
    namespace: str
    uid: str
    created: str
    policy: Policy
    metadata: dict[str, Any] = field(default_factory=dict)
    template: Template | None = None
    traffic: list[dict[str, Any]] = field(default_factory=lambda: [dict(LATEST)])
    generation: int = 0
    operation: str = ""
    changed: str = ""
    revisions: list[Revision] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address that is known before the first deployment."""
        return f"https://{self.host()}"

    @property
    def version(self) -> str:
        """Changes with every change, so that nobody overwrites what they have not read."""
        return f"AAY{self.generation:08d}"

    def host(self, tag: str = "") -> str:
        prefix = f"{tag}---" if tag else ""
        return f"{prefix}{self.name}-{self.namespace}.{self.region}.run.app"

    @property
    def latest(self) -> Revision:
        return self.revisions[-1]

    @property
    def latest_ready(self) -> Revision | None:
        return next((it for it in reversed(self.revisions) if it.ready), None)

    def revision(self, name: str) -> Revision | None:
        return next((it for it in self.revisions if it.name == name), None)

    @property
    def settled(self) -> bool:
        """Tell whether nothing is under way."""
        return self.latest.ready is not None

    def resolve(self, target: dict[str, Any]) -> Revision | None:
        """Return the revision that a target of the traffic means now."""
        if target.get("latestRevision") or not target.get("revisionName"):
            return self.latest_ready
        return self.revision(target["revisionName"])

    def routes(self) -> list[dict[str, Any]]:
        """Return `status.traffic`: revisions by name, and an address for each tag."""
        found = []
        for target in self.traffic:
            revision = self.resolve(target)
            if revision is None:
                continue
            route: dict[str, Any] = {"revisionName": revision.name}
            if target.get("percent"):
                route["percent"] = target["percent"]
            if target.get("latestRevision"):
                route["latestRevision"] = True
            if target.get("tag"):
                route |= {"tag": target["tag"], "url": f"https://{self.host(target['tag'])}"}
            found.append(route)
        return found

    def conditions(self, *, under_way: bool = False) -> list[dict[str, Any]]:
        """Return Ready, ConfigurationsReady and RoutesReady."""
        latest = self.latest
        missing = [
            str(it["revisionName"])
            for it in self.traffic
            if it.get("revisionName") and self.revision(it["revisionName"]) is None
        ]
        configuration = (latest.ready, latest.reason, latest.message)
        if latest.ready is None or under_way:
            configuration = (None, "Deploying", "")
        routes: tuple[bool | None, str, str] = (True, "", "")
        if under_way or (latest.ready is None and self.latest_ready is None):
            routes = (None, "Deploying", "")
        elif missing:
            routes = (False, "RevisionMissing", f"Revision '{missing[0]}' {GONE}")
        elif not self.routes():
            routes = configuration
        if configuration[0] is None or routes[0] is None:
            ready: tuple[bool | None, str, str] = (None, "Deploying", "")
        else:
            ready = routes if configuration[0] else configuration
        at = latest.settled or self.changed
        words = (("Ready", ready), ("ConfigurationsReady", configuration), ("RoutesReady", routes))
        return [_condition(kind, *state, at) for kind, state in words]

    def to_json(self, *, under_way: bool = False) -> dict[str, Any]:
        """Return the Service object; ``under_way`` is how it looks right after a change."""
        assert self.template is not None
        latest_ready = self.latest_ready
        annotations = {
            **self.metadata.get("annotations", {}),
            OPERATION: self.operation,
            "run.googleapis.com/ingress-status": "all",
            URLS: json.dumps([self.url]),
        }
        annotations.setdefault("run.googleapis.com/ingress", "all")
        status: dict[str, Any] = {
            "observedGeneration": self.generation,
            "conditions": self.conditions(under_way=under_way),
            "latestCreatedRevisionName": self.latest.name,
        }
        if latest_ready is not None:
            status["latestReadyRevisionName"] = latest_ready.name
            status["traffic"] = self.routes()
            status["url"] = self.url
            status["address"] = {"url": self.url}
        return copy.deepcopy(
            {
                "apiVersion": "serving.knative.dev/v1",
                "kind": "Service",
                "metadata": {
                    "name": self.name,
                    "namespace": self.namespace,
                    "selfLink": f"/apis/serving.knative.dev/v1/namespaces/{self.namespace}"
                    f"/services/{self.name}",
                    "uid": self.uid,
                    "resourceVersion": self.version,
                    "generation": self.generation,
                    "creationTimestamp": self.created,
                    "labels": {
                        **self.metadata.get("labels", {}),
                        "cloud.googleapis.com/location": self.region,
                    },
                    "annotations": annotations,
                },
                "spec": {"template": self.template.raw, "traffic": self.traffic},
                "status": status,
            }
        )


def _condition(kind: str, ready: bool | None, reason: str, message: str, at: str) -> dict[str, Any]:
    status = {None: "Unknown", True: "True", False: "False"}[ready]
    condition = {"type": kind, "status": status, "lastTransitionTime": at}
    if reason and ready is not True:
        condition["reason"] = reason
    if message and ready is not True:
        condition["message"] = message
    return condition
