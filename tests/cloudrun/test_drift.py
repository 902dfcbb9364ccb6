"""How what runs differs from the file: every setting from both sides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hipflask.cloudrun.drift import UNSET, Difference, differences
from hipflask.cloudrun.quantities import Cpu, Duration, Memory
from hipflask.cloudrun.release import Release, account_of
from hipflask.cloudrun.service import RevisionSettings, Service
from hipflask.cloudrun.spec import (
    Billing,
    ExecutionEnvironment,
    Ingress,
    Probe,
    SecretRef,
    ServiceSpec,
)
from tests.cloudrun.running import described, release
from tests.cloudrun.specs import GOOD, PASSWORD, spec, with_secrets, with_variables

HEALTH = "failureThreshold=3,httpGet.path=/healthz,httpGet.port=8080,initialDelaySeconds=0"
HEALTH += ",periodSeconds=10,timeoutSeconds=1"


def drift(wanted: Release, service: Service) -> list[tuple[str, str, str]]:
    found = differences(wanted, service.template, service)
    return [(each.setting, each.wanted, each.found) for each in found]


def between(wanted: ServiceSpec, runs: ServiceSpec) -> list[tuple[str, str, str]]:
    """How a spec differs from another one that was deployed."""
    return drift(release(wanted), Service.parse(described(release(runs))))


SETTINGS = [
    ("cpu", {"cpu": Cpu(2000)}, "2", "1"),
    ("memory", {"memory": Memory.mebi(1024)}, "1Gi", "512Mi"),
    ("concurrency", {"concurrency": 8}, "8", "16"),
    ("concurrency", {"concurrency": None}, "80", "16"),
    ("timeout", {"timeout": Duration(60)}, "60", "300"),
    ("max_instances", {"max_instances": 5}, "5", "3"),
    ("max_instances", {"max_instances": None}, "100", "3"),
    ("min_instances", {"min_instances": 1}, "1", "0"),
    ("execution_environment", {"execution_environment": ExecutionEnvironment.GEN2}, "gen2", UNSET),
    ("cpu_boost", {"cpu_boost": False}, "false", "true"),
    ("billing", {"billing": Billing.INSTANCE}, "instance", "request"),
    ("port", {"port": 9000, "startup_probe": None}, "9000", "8080"),
    ("ingress", {"ingress": Ingress.INTERNAL}, "internal", "all"),
    ("service_account", {"service_account": "a@b.iam.gserviceaccount.com"}, "a@b", None),
    ("startup_probe", {"startup_probe": None}, UNSET, HEALTH),
    ("liveness_probe", {"liveness_probe": Probe(path="/healthz")}, HEALTH, UNSET),
    ("environment.A", {"environment": {**GOOD.environment, "A": "1"}}, "1", UNSET),
    ("secrets.A", {"secrets": {**GOOD.secrets, "A": SecretRef("a", "2")}}, "a:2", UNSET),
    ("labels.team", {"labels": {**GOOD.labels, "team": "a"}}, "a", UNSET),
    ("labels.team", {"labels": {**GOOD.labels, "team": ""}}, "", UNSET),
]


@pytest.mark.parametrize(("setting", "change", "wanted", "found"), SETTINGS)
def test_sees_a_setting(setting: str, change: dict[str, Any], wanted: str, found: str) -> None:
    seen = {name: (left, right) for name, left, right in between(spec(**change), GOOD)}
    left, right = seen[f"service.{setting}"]
    assert left.startswith(wanted)
    assert right == (found if found is not None else account_of(GOOD))


REMOVABLE = [case for case in SETTINGS if case[0] not in ("execution_environment", "labels.team")]


@pytest.mark.parametrize(("setting", "change", "wanted", "found"), REMOVABLE)
def test_sees_it_from_the_other_side(
    setting: str, change: dict[str, Any], wanted: str, found: str
) -> None:
    names = [name for name, _, _ in between(GOOD, spec(**change))]
    assert f"service.{setting}" in names


SPECS = [
    GOOD,
    *(spec(**change) for _, change, _, _ in SETTINGS),
    spec(cpu=Cpu(100), memory=Memory.mebi(128), concurrency=1),
    spec(cpu=Cpu(4000), memory=Memory.mebi(2048), concurrency=None, workers=4),
    spec(min_instances=2, max_instances=None, port=9000, liveness_probe=Probe(path="/a,b=c")),
    spec(startup_probe=Probe(), timeout=Duration(3600)),
    spec(startup_probe=replace(Probe(path="/x"), initial_delay=Duration(5))),
    spec(secrets={}, environment={"A": "1,2", "B": "two\nlines", "C": "=@|;#~%,", "D": "书"}),
    spec(labels={"managed-by": "somebody", "commit": "none", "team": ""}),
    with_secrets(A="shop-a:3", B="corner-shop-secret-key"),
]


@pytest.mark.parametrize("given", SPECS)
@pytest.mark.parametrize("is_new", [True, False])
def test_what_was_deployed_does_not_differ(given: ServiceSpec, is_new: bool) -> None:
    service = Service.parse(described(release(given), is_new=is_new))
    assert drift(release(given), service) == []


def test_commit_and_image_are_no_settings() -> None:
    service = Service.parse(described(release()))
    assert drift(release(commit="ffffffffffff", image="other:1"), service) == []


def test_secret_s_version_is_one() -> None:
    service = Service.parse(described(release()))
    newer = release(versions={**release().versions, "corner-shop-secret-key": "2"})
    name = "corner-shop-secret-key"
    assert drift(newer, service) == [("service.secrets.SECRET_KEY", f"{name}:2", f"{name}:1")]


def test_variable_that_became_a_secret_is_two_differences() -> None:
    names = [name for name, _, _ in between(with_secrets(MAIL="mail"), with_variables(MAIL="x"))]
    assert names == ["service.environment.MAIL", "service.secrets.MAIL"]


@pytest.mark.parametrize(
    ("wanted", "runs", "shown"),
    [
        ({}, {"A_TOKEN": PASSWORD}, (UNSET, "(hidden) (another value)")),
        ({"A_TOKEN": "x"}, {"A_TOKEN": PASSWORD}, ("(hidden)", "(hidden) (another value)")),
        ({"A": "x"}, {"A": f"redis://me:{PASSWORD}@host"}, ("x", "(hidden) (another value)")),
    ],
)
def test_value_that_looks_secret_is_hidden(
    wanted: dict[str, str], runs: dict[str, str], shown: tuple[str, str]
) -> None:
    [(_, *found)] = between(with_variables(**wanted), with_variables(**runs))
    assert tuple(found) == shown


def changed(**fields: Any) -> list[tuple[str, str, str]]:
    """How the good spec differs from its revision with some fields changed."""
    service = Service.parse(described(release()))
    settings = replace(service.template, **fields)
    return [
        (each.setting, each.wanted, each.found)
        for each in differences(release(), settings, service)
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"cpu": "1000m"},
        {"memory": "0.5Gi"},
        {"timeout": None},
        {"port": None},
        {"startup_probe": {"httpGet": {"path": "/healthz", "port": 8080}, "timeoutSeconds": None}},
    ],
)
def test_same_thing_may_be_written_otherwise(fields: dict[str, Any]) -> None:
    assert changed(**fields) == []


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"cpu": ""}, UNSET),
        ({"memory": "lots"}, "lots"),
        ({"concurrency": None}, "80"),
        ({"max_instances": None}, "100"),
        ({"service_account": ""}, UNSET),
        ({"startup_probe": {"grpc": {"port": 1}}}, "failureThreshold=3,grpc.port=1,"),
    ],
)
def test_odd_settings_are_shown_as_they_are(fields: dict[str, Any], found: str) -> None:
    [(_, _, shown)] = changed(**fields)
    assert shown.startswith(found)


def test_service_of_the_console_is_described_without_failing() -> None:
    bare = Service.parse({"metadata": {"name": "corner-shop"}})
    found = differences(release(), RevisionSettings.parse({}), bare)
    assert Difference("service.cpu", "1", UNSET) in found
    assert Difference("service.labels.managed-by", "hipflask", UNSET) in found
