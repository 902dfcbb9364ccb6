"""Remedies and reasons whose figures are computed, to the letter."""

from __future__ import annotations

from typing import Any

import pytest

from hipflask.cloudrun.finding import Finding
from hipflask.cloudrun.quantities import Cpu, Duration, Memory
from hipflask.cloudrun.spec import (
    Billing,
    ConnectionMode,
    ExecutionEnvironment,
    Probe,
    ServiceSpec,
)
from hipflask.cloudrun.validate import Context, validate
from tests.cloudrun.specs import GOOD, spec

GEN2 = ExecutionEnvironment.GEN2


def finding(code: str, given: ServiceSpec, context: Context | None = None) -> Finding:
    return next(found for found in validate(given, context) if found.code == code)


@pytest.mark.parametrize(
    ("written", "better"),
    [("512M", "512Mi"), ("1G", "1Gi"), ("2G", "2Gi"), ("1500M", "1500Mi"), ("600000k", "600Mi")],
)
def test_decimal_memory_gets_its_binary_name(written: str, better: str) -> None:
    found = finding("memory-unit", spec(memory=Memory.parse(written)))
    assert found.remedy == f'Set service.memory = "{better}".'


def test_odd_bytes_are_rounded() -> None:
    given = spec(memory=Memory.parse("800000Ki"))
    assert finding("memory-unit", given).remedy == 'Set service.memory = "781Mi".'


def test_tight_memory_names_both_ways_out() -> None:
    found = finding("memory-tight", spec(memory=Memory.mebi(256), workers=7))
    assert found.what == "7 workers want about 254 MiB of the instance's 256Mi."
    assert found.remedy == 'Set service.memory = "384Mi", or service.workers = 5.'


@pytest.mark.parametrize(
    ("cpu", "memory", "remedy"),
    [
        (1000, 8192, 'Set service.memory = "4Gi", or service.cpu = 2.'),
        (1000, 8193, 'Set service.memory = "4Gi", or service.cpu = 4.'),
        (2000, 32768, 'Set service.memory = "8Gi", or service.cpu = 8.'),
        (8000, 32769, 'Set service.memory = "32Gi".'),
        (499, 600, 'Set service.memory = "512Mi", or service.cpu = 1.'),
    ],
)
def test_too_much_memory_names_the_cpu_for_it(cpu: int, memory: int, remedy: str) -> None:
    given = spec(cpu=Cpu(cpu), memory=Memory.mebi(memory), concurrency=1, workers=8)
    assert finding("memory-above-cpu", given).remedy == remedy


@pytest.mark.parametrize(
    ("cpu", "memory", "remedy"),
    [
        (8000, 2048, 'Set service.memory = "4Gi", or service.cpu = 4.'),
        (8000, 2047, 'Set service.memory = "4Gi", or service.cpu = 2.'),
        (4000, 128, 'Set service.memory = "2Gi", or service.cpu = 2.'),
    ],
)
def test_too_little_memory_names_the_cpu_for_it(cpu: int, memory: int, remedy: str) -> None:
    given = spec(cpu=Cpu(cpu), memory=Memory.mebi(memory))
    assert finding("memory-below-cpu", given).remedy == remedy


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"billing": Billing.INSTANCE}, '"512Mi", or service.billing = "request".'),
        ({"execution_environment": GEN2}, '"512Mi", or service.execution_environment = "gen1".'),
        # One of the two would still forbid it.
        ({"billing": Billing.INSTANCE, "execution_environment": GEN2}, '"512Mi".'),
        ({"cpu": Cpu(6000), "workers": 6}, '"4Gi".'),
    ],
)
def test_memory_below_the_minimum_gets_ways_out_that_lead_out(
    changes: dict[str, Any], remedy: str
) -> None:
    memory = Memory.mebi(64 if "cpu" in changes else 256)
    found = finding("memory-below-minimum", spec(memory=memory, **changes))
    assert found.remedy == f"Set service.memory = {remedy}"


@pytest.mark.parametrize("kind", [{"billing": Billing.INSTANCE}, {"execution_environment": GEN2}])
def test_less_than_any_instance_has_is_helped_by_memory_alone(kind: dict[str, Any]) -> None:
    found = finding("memory-below-minimum", spec(memory=Memory.mebi(64), **kind))
    assert found.remedy == 'Set service.memory = "512Mi".'


def test_most_memory_is_told_with_the_least_of_the_generation() -> None:
    given = spec(memory=Memory.mebi(8192), execution_environment=GEN2)
    assert finding("memory-above-cpu", given).why == "It may have 512Mi to 4Gi."


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        (
            spec(concurrency=1, max_instances=3),
            "Set service.max_instances = 6, or service.concurrency = 2.",
        ),
        (
            spec(concurrency=4, max_instances=1),
            "Set service.max_instances = 2, or service.concurrency = 6.",
        ),
        # Below 1 vCPU more requests at once would be rejected.
        (spec(cpu=Cpu(100), concurrency=1, max_instances=2), "Set service.max_instances = 6."),
    ],
)
def test_few_requests_at_once_get_figures(given: ServiceSpec, remedy: str) -> None:
    assert finding("instances-parallel", given).remedy == remedy


def test_default_concurrency_is_replaced_by_one_that_cloud_run_takes() -> None:
    given = spec(concurrency=None, workers=20, threads=80)
    assert finding("concurrency-unset", given).remedy == "Set service.concurrency = 1000."


def test_probe_out_of_bounds_is_told_once() -> None:
    probe = Probe("/", Duration(0), Duration(300), Duration(200), 1)
    found = [each.code for each in validate(spec(startup_probe=probe))]
    assert found == ["probe-timing"]


def test_dear_region_says_how_dear() -> None:
    found = finding("cost-region-tier", spec(region="us-west2"))
    assert found.what == "us-west2 costs 40 % more than regions of the first tier."
    whole_life = spec(region="us-west2", billing=Billing.INSTANCE)
    assert "costs 20 % more" in finding("cost-region-tier", whole_life).what


def test_waiting_instance_says_its_price() -> None:
    # 1 vCPU and half a GiB, idle: 1.5 × $0.0000025 × 730 h.
    found = finding("cost-minimum-instances", spec(min_instances=2))
    assert found.what == ("2 instances wait around the clock: $19.71 a month without one request.")


def test_instance_billing_says_its_price() -> None:
    # (0.000018 + 0.5 × 0.000002) × 730 h.
    found = finding("cost-instance-billing", spec(billing=Billing.INSTANCE))
    assert "$49.93 a month for one" in found.what


@pytest.mark.parametrize(
    ("code", "allowed", "refused"),
    [
        ("repository-name", spec(repository="r" * 63), spec(repository="r" * 64)),
        ("image-name", spec(image="i" * 128), spec(image="i" * 129)),
        ("pool-size", spec(database_pool_size=100, threads=100), spec(database_pool_size=101)),
        (
            "probe-budget",
            spec(startup_probe=Probe(period=Duration(100), failure_threshold=6)),
            spec(startup_probe=Probe("", Duration(1), Duration(1), Duration(100), 6)),
        ),
        (
            "probe-budget-long",
            spec(startup_probe=Probe(period=Duration(60), failure_threshold=4)),
            spec(
                startup_probe=Probe(
                    initial_delay=Duration(1), period=Duration(60), failure_threshold=4
                )
            ),
        ),
        (
            "probe-order",
            spec(startup_probe=Probe(timeout=Duration(1), period=Duration(1))),
            spec(startup_probe=Probe(timeout=Duration(2), period=Duration(1))),
        ),
        (
            "pool-above-threads",
            spec(threads=1, database_pool_size=1),
            spec(threads=1, database_pool_size=2),
        ),
        (
            "concurrency-above-threads",
            spec(threads=1, concurrency=1),
            spec(threads=1, concurrency=2),
        ),
        (
            "instances-parallel",
            spec(max_instances=6, concurrency=1),
            spec(max_instances=1, concurrency=1),
        ),
    ],
)
def test_ends_exactly_there(code: str, allowed: ServiceSpec, refused: ServiceSpec) -> None:
    assert code not in [found.code for found in validate(allowed)]
    assert code in [found.code for found in validate(refused)]


def test_long_start_gets_a_threshold_that_fits() -> None:
    given = spec(startup_probe=Probe(period=Duration(60), failure_threshold=5))
    found = finding("probe-budget-long", given)
    assert found.remedy == "Set failure_threshold = 4 under [service.startup_probe]."


def test_start_that_no_threshold_mends_gets_a_shorter_period() -> None:
    probe = Probe(initial_delay=Duration(200), period=Duration(200), failure_threshold=1)
    found = finding("probe-budget-long", spec(startup_probe=probe))
    assert found.remedy.startswith("Set initial_delay = 0 and a shorter period")


@pytest.mark.parametrize(
    ("mode", "pool", "instances", "remedy"),
    [
        # Half of 15 is 7: one instance of six connections, or two of three.
        (ConnectionMode.SESSION, 6, 2, "Set service.max_instances = 1 or database.pool_size = 3."),
        (ConnectionMode.SESSION, 8, 1, "Set database.pool_size = 7."),
        (ConnectionMode.SESSION, 1, 15, "Set service.max_instances = 7."),
        (
            ConnectionMode.TRANSACTION,
            4,
            40,
            "Set service.max_instances = 25 or database.pool_size = 2.",
        ),
    ],
)
def test_deploy_remedies_keep_half(
    mode: ConnectionMode, pool: int, instances: int, remedy: str
) -> None:
    given = spec(
        database_connection=mode, database_pool_size=pool, max_instances=instances, threads=16
    )
    assert finding("connections-deploy", given).remedy.startswith(remedy)


def test_hopeless_count_says_the_product() -> None:
    given = spec(
        database_connection=ConnectionMode.SESSION,
        database_pool_size=16,
        max_instances=16,
        workers=1,
    )
    remedy = finding("connections-session", given).remedy
    assert remedy.startswith("Set service.max_instances × database.pool_size to 15 or less.")


def test_hopeless_count_with_workers_counts_them() -> None:
    given = spec(database_connection=ConnectionMode.SESSION, max_instances=3, workers=6)
    remedy = finding("connections-session", given).remedy
    factors = "service.max_instances × service.workers × database.pool_size"
    assert remedy.startswith(f"Set {factors} to 15 or less.")


def test_pooler_without_connections_is_no_limit_to_count_with() -> None:
    given = spec(database_connection=ConnectionMode.SESSION, database_pooler_size=0)
    assert [each.field for each in validate(given)] == ["database.pooler_size"]


def test_misspelt_compute_finds_its_size() -> None:
    found = finding("database-compute", spec(database_compute="Mediun"))
    assert found.remedy == 'Set database.compute = "medium".'


def test_unreadable_limit_of_uploads_is_left_to_the_application() -> None:
    given = spec(environment={**GOOD.environment, "MAX_CONTENT_LENGTH": "lots"})
    assert validate(given) == []


def test_limit_of_uploads_of_thousands_of_digits_is_above_the_limit() -> None:
    given = spec(environment={**GOOD.environment, "MAX_CONTENT_LENGTH": "9" * 5000})
    assert finding("upload-limit", given).remedy.startswith("Set MAX_CONTENT_LENGTH to 33554432")


def test_copied_placeholder_is_named() -> None:
    address = "postgresql://postgres.ref:[YOUR-PASSWORD]@aws-0-us-west-1.pooler.supabase.com:6543/p"
    found = finding("database-url", GOOD, Context(database_url=address))
    assert found.remedy.endswith("Write the database's password in place of [YOUR-PASSWORD].")
