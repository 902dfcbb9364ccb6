"""The template of a Cloud Run revision: what the server fills in, and reading it."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.google.errors import invalid

CPU_THROTTLING = "run.googleapis.com/cpu-throttling"
ENVIRONMENT = "run.googleapis.com/execution-environment"
_UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "k": 10**3, "M": 10**6, "G": 10**9, "": 1}


@dataclass(frozen=True)
class SecretUse:
    """A place of a template that names a secret: the field in Google's words, name, version."""

    field: str
    name: str
    version: str
    variable: str = ""


class Template:
    """`spec.template` of a service, with the server's defaults in place."""

    def __init__(self, raw: dict[str, Any], default_account: str) -> None:
        self.raw = copy.deepcopy(raw)
        metadata = self.raw.setdefault("metadata", {})
        self.annotations: dict[str, str] = metadata.setdefault("annotations", {})
        self.annotations.setdefault("autoscaling.knative.dev/maxScale", "100")
        self.spec: dict[str, Any] = self.raw.setdefault("spec", {})
        if not self.spec.get("nodeSelector"):
            self.spec.pop("nodeSelector", None)
        self.spec.setdefault("timeoutSeconds", 300)
        if not self.spec.get("serviceAccountName"):
            self.spec["serviceAccountName"] = default_account
        self.containers: list[dict[str, Any]] = self.spec.setdefault("containers", [])
        for container in self.containers:
            self._complete(container)
        self.spec["containerConcurrency"] = self.spec.get("containerConcurrency") or 80

    def _complete(self, container: dict[str, Any]) -> None:
        if not container.get("name"):
            container.pop("name", None)
        resources = container.setdefault("resources", {})
        resources.pop("requests", None)
        limits = resources.setdefault("limits", {})
        limits.setdefault("cpu", "1000m")
        limits.setdefault("memory", "512Mi")
        if len(self.containers) == 1:
            container.setdefault("ports", [{"name": "http1", "containerPort": 8080}])
        for port in container.get("ports", []):
            port.setdefault("name", "http1")
        if container.get("ports") and "startupProbe" not in container:
            container["startupProbe"] = {
                "timeoutSeconds": 240,
                "periodSeconds": 240,
                "failureThreshold": 1,
                "tcpSocket": {"port": container["ports"][0].get("containerPort", 8080)},
            }

    @property
    def name(self) -> str:
        """The revision's name, where the client chose one."""
        return str(self.raw["metadata"].get("name") or "")

    @property
    def account(self) -> str:
        return str(self.spec["serviceAccountName"])

    @property
    def concurrency(self) -> int:
        return int(self.spec["containerConcurrency"])

    @property
    def throttled(self) -> bool:
        """Request-based billing: no CPU between requests."""
        return self.annotations.get(CPU_THROTTLING, "true").lower() != "false"

    @property
    def generation(self) -> str:
        """`gen1`, `gen2`, or empty when Cloud Run may choose."""
        return self.annotations.get(ENVIRONMENT, "")

    @property
    def ingress(self) -> dict[str, Any]:
        """The container that gets the requests."""
        return next((it for it in self.containers if it.get("ports")), self.containers[0])

    @property
    def port(self) -> int:
        ports = self.ingress.get("ports") or [{}]
        return int(ports[0].get("containerPort", 8080))

    @property
    def image(self) -> str:
        return str(self.ingress.get("image", ""))

    def secrets(self) -> list[SecretUse]:
        """Return every use of a secret, in the order in which Google complains."""
        uses = []
        for number, container in enumerate(self.containers):
            for index, variable in enumerate(container.get("env", [])):
                reference = variable.get("valueFrom", {}).get("secretKeyRef")
                if reference:
                    place = f"containers[{number}].env[{index}].value_from.secret_key_ref.name"
                    uses.append(
                        SecretUse(
                            f"spec.template.spec.{place}",
                            reference["name"],
                            reference["key"],
                            variable["name"],
                        )
                    )
        for index, volume in enumerate(self.spec.get("volumes", [])):
            secret = volume.get("secret")
            for item in secret.get("items", []) if secret else []:
                place = f"spec.template.spec.volumes[{index}].secret.secret_name"
                uses.append(SecretUse(place, secret["secretName"], item["key"]))
        return uses

    def variables(self) -> dict[str, str]:
        """Return the plain variables of the container that gets the requests."""
        return {
            it["name"]: str(it.get("value", ""))
            for it in self.ingress.get("env", [])
            if "valueFrom" not in it
        }


def cpu_of(container: dict[str, Any]) -> Decimal:
    """Read `1`, `0.5` or `500m`."""
    text = str(container["resources"]["limits"]["cpu"])
    try:
        return Decimal(text[:-1]) / 1000 if text.endswith("m") else Decimal(text)
    except InvalidOperation:
        raise invalid(
            "spec.template.spec.containers.resources.limits.cpu",
            f"Invalid value specified for cpu. {text!r} is not a quantity.",  # wording ours
        ) from None


def memory_of(container: dict[str, Any]) -> int:
    """Read `512Mi` into bytes."""
    text = str(container["resources"]["limits"]["memory"])
    digits = text.rstrip("KMGkiB")
    try:
        return int(Decimal(digits) * _UNITS[text[len(digits) :]])
    except (InvalidOperation, KeyError):
        raise invalid(
            "spec.template.spec.containers.resources.limits.memory",
            f"Invalid value specified for memory. {text!r} is not a quantity.",  # wording ours
        ) from None
