from __future__ import annotations

from decimal import Decimal

import pytest

from hipflask.cloudrun.simulate.autoscaler import AutoscalerRules, Demand
from tests.cloudrun.cost.services import service

RULES = AutoscalerRules()


@pytest.mark.parametrize(
    ("in_flight", "wanted"), [(0, 0), (1, 1), (12, 1), (13, 2), (24, 2), (600, 50), (10_000, 100)]
)
def test_a_minute_at_60_percent_of_the_concurrency(in_flight: int, wanted: int) -> None:
    demand = Demand(service(concurrency=20), RULES)
    demand.add(in_flight, 60_000)
    assert demand.wanted(60_000, ready=1) == wanted


def test_half_a_minute_of_requests_counts_half() -> None:
    demand = Demand(service(concurrency=20), RULES)
    demand.add(48, 30_000)
    demand.add(0, 30_000)
    assert demand.wanted(60_000, ready=1) == 2


def test_the_minute_before_is_forgotten() -> None:
    demand = Demand(service(concurrency=20), RULES)
    demand.add(48, 60_000)
    assert demand.wanted(60_000, ready=4) == 4
    demand.add(12, 60_000)
    assert demand.wanted(120_000, ready=4) == 1
    assert not demand.is_quiet
    demand.add(0, 60_000)
    assert demand.wanted(180_000, ready=1) == 0
    assert demand.is_quiet


def test_a_long_pause_does_not_thin_out_what_comes_after_it() -> None:
    demand = Demand(service(concurrency=20), RULES)
    assert demand.wanted(5_000, ready=1) == 0
    demand.add(0, 3_600_000)
    demand.add(24, 60_000)
    assert demand.wanted(3_665_000, ready=2) == 2


def test_work_asks_for_60_percent_of_the_cpu() -> None:
    demand = Demand(service("2", 1024), RULES)
    demand.work(Decimal(2 * 36_000 + 1))
    assert demand.wanted(60_000, ready=4) == 2


def test_instances_cannot_have_used_more_cpu_than_they_have() -> None:
    demand = Demand(service(), RULES)
    demand.work(Decimal(10_000_000))
    assert demand.wanted(60_000, ready=1) == 2


def test_min_and_max_hold() -> None:
    spec = service(concurrency=20, min_instances=2, max_instances=3)
    demand = Demand(spec, RULES)
    assert demand.wanted(0, ready=2) == 2
    demand.add(1_000, 60_000)
    assert demand.wanted(60_000, ready=2) == 3


def test_at_concurrency_1_an_instance_with_a_request_is_full() -> None:
    demand = Demand(service(concurrency=1), RULES)
    demand.add(3, 60_000)
    assert demand.wanted(60_000, ready=3) == 3
