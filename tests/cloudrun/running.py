"""A service as gcloud prints it, made by the flags of a release as gcloud and the server do."""

from __future__ import annotations

from typing import Any

from hipflask.cloudrun.observed import Observed, ObservedSecret
from hipflask.cloudrun.release import Release, account_of
from hipflask.cloudrun.roles import EVERYBODY
from hipflask.cloudrun.service import Service
from hipflask.cloudrun.spec import ServiceSpec
from tests.cloudrun.specs import GOOD

NUMBER = 123456789012
URL = f"https://corner-shop-{NUMBER}.us-west1.run.app"
APIS = frozenset(
    f"{name}.googleapis.com" for name in ("run", "artifactregistry", "secretmanager", "iam")
)
_RUN = "run.googleapis.com"
_SWITCHES = {"cpu-boost": "startup-cpu-boost", "cpu-throttling": "cpu-throttling"}


def gcloud_reads(text: str) -> dict[str, str]:
    """Read a dictionary flag by the rules of ``gcloud topic escaping``."""
    separator = ","
    if text.startswith("^") and "^" in text[1:]:
        separator, _, text = text[1:].partition("^")
        assert separator
    # gcloud takes one separator at the end for nothing.
    items = text.removesuffix(separator).split(separator) if text else []
    return dict(item.split("=", 1) for item in items)  # type: ignore[misc]


def release(spec: ServiceSpec = GOOD, **changes: Any) -> Release:
    """Return a release of the spec: its first revision, with each secret's first version."""
    given = {
        "spec": spec,
        "image": f"{spec.image_path}:abc1234def56",
        "revision": f"{spec.name}-00001-abc1234",
        "project_number": NUMBER,
        "versions": {reference.name: "1" for reference in spec.secrets.values()},
        "commit": "abc1234def567890",
    }
    return Release(**{**given, **changes})


def described(given: Release, *, is_new: bool = True) -> dict[str, Any]:
    """Return the JSON of the service that has one revision, which has these flags."""
    flags = dict(flag[2:].partition("=")[::2] for flag in given.flags(is_new=is_new))
    labels = gcloud_reads(flags["labels"])
    port = int(flags["port"])
    plain = gcloud_reads(flags["set-env-vars"])
    secret = {
        variable: dict(zip(("name", "key"), reference.split(":"), strict=True))
        for variable, reference in gcloud_reads(flags.get("set-secrets", "")).items()
    }
    container: dict[str, Any] = {
        "image": given.image,
        "ports": [{"name": "http1", "containerPort": port}],
        "resources": {"limits": {"cpu": flags["cpu"], "memory": flags["memory"]}},
        "env": [{"name": name, "value": value} for name, value in plain.items()]
        + [{"name": name, "valueFrom": {"secretKeyRef": ref}} for name, ref in secret.items()],
        "startupProbe": {
            "timeoutSeconds": 240,
            "periodSeconds": 240,
            "failureThreshold": 1,
            "tcpSocket": {"port": port},
        },
    }
    for kind in ("startup", "liveness"):
        if flags.get(f"{kind}-probe"):
            container[f"{kind}Probe"] = _probe(gcloud_reads(flags[f"{kind}-probe"]))
    most = flags["max-instances"]
    annotations = {
        "autoscaling.knative.dev/maxScale": "100" if most == "default" else most,
        **{f"{_RUN}/{name}": "True" for flag, name in _SWITCHES.items() if flag in flags},
        **{f"{_RUN}/{name}": "False" for flag, name in _SWITCHES.items() if f"no-{flag}" in flags},
    }
    if "execution-environment" in flags:
        annotations[f"{_RUN}/execution-environment"] = flags["execution-environment"]
    concurrency = flags["concurrency"]
    about = {"labels": labels, "annotations": {f"{_RUN}/ingress": flags["ingress"]}}
    if flags["min"] != "default":
        about["annotations"][f"{_RUN}/minScale"] = flags["min"]
    return {
        "metadata": {"name": given.spec.name, "generation": 1, **about},
        "spec": {
            "template": {
                "metadata": {"name": given.revision, "labels": labels, "annotations": annotations},
                "spec": {
                    "containerConcurrency": 80 if concurrency == "default" else int(concurrency),
                    "timeoutSeconds": int(flags["timeout"]),
                    "serviceAccountName": flags["service-account"],
                    "containers": [container],
                },
            }
        },
        "status": {
            "url": URL,
            "latestCreatedRevisionName": given.revision,
            "latestReadyRevisionName": given.revision,
            "conditions": [{"type": "Ready", "status": "True"}],
            "traffic": [
                {"revisionName": given.revision, "percent": 100},
                {
                    "revisionName": given.revision,
                    "tag": "candidate",
                    "url": "https://candidate---corner-shop.a.run.app",
                },
            ],
        },
    }


def running(given: Release | None = None, **status: Any) -> Service:
    """Return the service of a release, with other parts of its status where they are given."""
    document = described(given or release())
    document["status"] |= status
    return Service.parse(document)


def in_place(spec: ServiceSpec = GOOD, **changes: Any) -> Observed:
    """Return a project in which everything of the spec is there, but no service and no image."""
    reader = frozenset({f"serviceAccount:{account_of(spec)}"})
    secrets = {reference.name for reference in spec.secrets.values()}
    given = {
        "project_number": NUMBER,
        "apis": APIS,
        "repository_format": "DOCKER",
        "has_docker_helper": True,
        "secrets": {name: ObservedSecret(1, 1, readers=reader) for name in secrets},
        "has_account": True,
        "invokers": frozenset({EVERYBODY}) if spec.public else frozenset(),
    }
    return Observed(**{**given, **changes})


def _probe(fields: dict[str, str]) -> dict[str, Any]:
    """A probe as the server keeps it: nothing that is zero, numbers as numbers."""
    probe: dict[str, Any] = {}
    for key, value in fields.items():
        outer, _, inner = key.partition(".")
        read: Any = int(value) if value.isdecimal() else value
        if inner:
            probe.setdefault(outer, {})[inner] = read
        elif read:
            probe[key] = read
    return probe
