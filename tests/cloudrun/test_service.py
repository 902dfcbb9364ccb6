"""A service as gcloud describes it: complete, made by the console, and with parts missing."""

from __future__ import annotations

from typing import Any

import pytest

from hipflask.cloudrun.service import RevisionSettings, Service, Target

FULL: dict[str, Any] = {
    "apiVersion": "serving.knative.dev/v1",
    "kind": "Service",
    "metadata": {
        "name": "shop",
        "namespace": "123456789012",
        "generation": 7,
        "creationTimestamp": "2026-11-20T10:00:00.000000Z",
        "labels": {"managed-by": "hipflask", "cloud.googleapis.com/location": "us-west1"},
        "annotations": {
            "run.googleapis.com/ingress": "internal",
            "run.googleapis.com/minScale": "2",
            "run.googleapis.com/urls": '["https://shop-1.us-west1.run.app","https://shop-x.a.run.app"]',
        },
    },
    "spec": {
        "template": {
            "metadata": {
                "name": "shop-00007-abc",
                "labels": {"commit": "abc"},
                "annotations": {
                    "autoscaling.knative.dev/maxScale": "3",
                    "autoscaling.knative.dev/minScale": "1",
                    "run.googleapis.com/startup-cpu-boost": "True",
                    "run.googleapis.com/cpu-throttling": "False",
                    "run.googleapis.com/execution-environment": "gen2",
                },
            },
            "spec": {
                "containerConcurrency": 16,
                "timeoutSeconds": 60,
                "serviceAccountName": "shop-run@p.iam.gserviceaccount.com",
                "containers": [
                    {
                        "image": "us-west1-docker.pkg.dev/p/r/shop:abc",
                        "ports": [{"name": "http1", "containerPort": 9000}],
                        "resources": {"limits": {"cpu": "1000m", "memory": "512Mi"}},
                        "env": [
                            {"name": "A", "value": "1=2,\n书"},
                            {"name": "EMPTY"},
                            {
                                "name": "KEY",
                                "valueFrom": {"secretKeyRef": {"name": "shop-key", "key": "3"}},
                            },
                        ],
                        "startupProbe": {"httpGet": {"path": "/healthz", "port": 9000}},
                    }
                ],
            },
        },
    },
    "status": {
        "url": "https://shop-x.a.run.app",
        "latestCreatedRevisionName": "shop-00007-abc",
        "latestReadyRevisionName": "shop-00006-def",
        "conditions": [
            {"type": "RoutesReady", "status": "True"},
            {"type": "Ready", "status": "False", "message": "It did not listen."},
        ],
        "traffic": [
            {"revisionName": "shop-00005-aaa", "percent": 20},
            {"revisionName": "shop-00006-def", "percent": 80},
            {"revisionName": "shop-00007-abc", "tag": "candidate", "url": "https://c---shop"},
        ],
    },
}
SERVICE = Service.parse(FULL)


def template(**container: Any) -> RevisionSettings:
    return RevisionSettings.parse({"spec": {"containers": [container]}})


def with_traffic(*targets: dict[str, Any]) -> Service:
    return Service.parse({"status": {"latestReadyRevisionName": "new", "traffic": list(targets)}})


def test_reads_what_a_revision_runs_with() -> None:
    found = SERVICE.template
    assert (found.cpu, found.memory, found.concurrency, found.timeout) == ("1000m", "512Mi", 16, 60)
    assert (found.min_instances, found.max_instances, found.port) == (1, 3, 9000)
    assert (found.cpu_boost, found.cpu_throttled, found.generation) == (True, False, "gen2")
    assert found.image.endswith("/shop:abc")
    assert found.service_account == "shop-run@p.iam.gserviceaccount.com"


def test_plain_variables_and_secrets_are_apart() -> None:
    assert SERVICE.template.environment == {"A": "1=2,\n书", "EMPTY": ""}
    assert SERVICE.template.secrets == {"KEY": "shop-key:3"}


def test_values_of_variables_are_not_shown() -> None:
    assert "书" not in repr(SERVICE)


def test_reads_the_service_itself() -> None:
    assert (SERVICE.name, SERVICE.generation, SERVICE.ingress) == ("shop", 7, "internal")
    assert SERVICE.min_instances == 2
    assert SERVICE.labels["managed-by"] == "hipflask"
    assert SERVICE.urls == ("https://shop-1.us-west1.run.app", "https://shop-x.a.run.app")


def test_says_why_it_is_not_ready() -> None:
    assert (SERVICE.ready, SERVICE.why_not_ready) == (False, "It did not listen.")


def test_traffic_is_the_largest_first_without_mere_tags() -> None:
    assert list(SERVICE.traffic.items()) == [("shop-00006-def", 80), ("shop-00005-aaa", 20)]
    assert SERVICE.serving == "shop-00006-def"


def test_tag_may_point_at_a_revision_without_traffic() -> None:
    assert SERVICE.tagged("candidate") == Target(
        "shop-00007-abc", 0, "candidate", "https://c---shop"
    )
    assert SERVICE.tagged("previous") is None


def test_shares_of_one_revision_are_added_up() -> None:
    service = with_traffic(
        {"revisionName": "new", "percent": 40, "latestRevision": True},
        {"revisionName": "old", "percent": 50},
        {"revisionName": "new", "percent": 10, "tag": "blue"},
    )
    assert service.traffic == {"new": 50, "old": 50}


def test_latest_revision_without_a_name_is_the_newest_ready_one() -> None:
    service = with_traffic({"latestRevision": True, "percent": 100})
    assert service.traffic == {"new": 100}
    assert service.targets[0].is_latest


def test_service_of_the_console_has_the_defaults_of_cloud_run() -> None:
    service = Service.parse({"metadata": {"name": "shop"}, "spec": {}, "status": {}})
    assert (service.ingress, service.min_instances, service.urls) == ("all", 0, ())
    assert (service.traffic, service.serving, service.ready) == ({}, "", None)
    found = service.template
    assert (found.cpu_throttled, found.cpu_boost, found.max_instances) == (True, False, None)


@pytest.mark.parametrize("value", [None, {}, []])
def test_parts_may_be_null(value: Any) -> None:
    service = {**dict.fromkeys(("metadata", "spec", "status"), value)}
    assert Service.parse(service).name == ""
    for part in ("spec", "status"):
        assert Service.parse({**FULL, part: value}).name == "shop"
    for key in ("annotations", "labels"):
        metadata = {**FULL["metadata"], key: value}
        assert Service.parse({**FULL, "metadata": metadata}).generation == 7
    for key in ("conditions", "traffic"):
        assert Service.parse({**FULL, "status": {**FULL["status"], key: value}}).name == "shop"
    assert RevisionSettings.parse({"spec": {"containers": value}}).image == ""
    for key in ("env", "ports", "resources"):
        assert template(image="i", **{key: value}).image == "i"


def test_variables_may_lack_their_parts() -> None:
    found = template(env=[{"name": "A", "value": None}, {"name": "B", "valueFrom": None}])
    assert found.environment == {"A": "", "B": ""}
    assert template(env=[{"value": "x"}]).environment == {"": "x"}
    newest = {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "shop-key"}}}
    assert template(env=[newest]).secrets == {"KEY": "shop-key:latest"}


def test_container_with_the_port_is_the_one_that_matters() -> None:
    containers = [{"image": "proxy"}, {"image": "shop", "ports": [{"containerPort": 80}]}]
    assert RevisionSettings.parse({"spec": {"containers": containers}}).image == "shop"
    assert RevisionSettings.parse({"spec": {"containers": containers[:1]}}).image == "proxy"


@pytest.mark.parametrize("urls", ["no json", '{"a": 1}', '"https://x"', None, 5])
def test_broken_list_of_addresses_leaves_the_one_address(urls: Any) -> None:
    given = {
        "metadata": {"annotations": {"run.googleapis.com/urls": urls}},
        "status": {"url": "https://shop-x.a.run.app"},
    }
    assert Service.parse(given).urls == ("https://shop-x.a.run.app",)


@pytest.mark.parametrize("number", ["many", "", None, [], "1.5"])
def test_broken_numbers_are_unset(number: Any) -> None:
    annotations = {"autoscaling.knative.dev/maxScale": number}
    assert RevisionSettings.parse({"metadata": {"annotations": annotations}}).max_instances is None
    assert with_traffic({"revisionName": "old", "percent": number}).traffic == {}
