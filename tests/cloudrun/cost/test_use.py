from __future__ import annotations

from decimal import Decimal

import pytest

from hipflask.cloudrun.cost.capacity import (
    boosted_vcpus,
    instances_wanted,
    requests_per_second,
)
from hipflask.cloudrun.cost.curve import Curve
from hipflask.cloudrun.cost.use import idle_minimum, instance_use, rounded_up
from tests.cloudrun.cost.services import METERING, service, traffic

MONTH = METERING.month_seconds


@pytest.mark.parametrize(
    ("latency", "billed"),
    [("0.001", "0.1"), ("0.1", "0.1"), ("0.101", "0.2"), ("0.2", "0.2"), ("0.25", "0.3")],
)
def test_at_concurrency_1_each_request_is_rounded_up(latency: str, billed: str) -> None:
    used = instance_use(traffic(1000, latency=latency), service(concurrency=1), METERING)
    assert used.busy == 1000 * Decimal(billed)


def test_a_rare_request_is_rounded_up_as_if_alone() -> None:
    used = instance_use(traffic(10, latency="0.03"), service(), METERING)
    assert abs(used.busy - 10 * Decimal("0.1")) < Decimal("0.0001")


@pytest.mark.parametrize("requests", [10, 10_000, 1_000_000, 30_000_000])
@pytest.mark.parametrize("concurrency", [2, 10, 80])
def test_sharing_is_within_its_bounds(requests: int, concurrency: int) -> None:
    """Busy at least as long as with everybody on one, at most as long as with nobody together."""
    profile = traffic(requests, latency="0.25")
    spec = service(concurrency=concurrency)
    used = instance_use(profile, spec, METERING)
    assert used.served == requests
    alone = requests * Decimal("0.3")
    least = requests * Decimal("0.25") / concurrency
    assert least <= used.busy <= min(alone, used.peak_instances * MONTH)
    assert used.busy <= used.alive


def test_full_instances_are_busy_all_the_time() -> None:
    profile = traffic(500_000_000, latency="0.4")
    used = instance_use(profile, service(concurrency=20), METERING)
    assert used.busy > Decimal("0.999") * used.peak_instances * MONTH


def test_beyond_the_maximum_requests_are_refused() -> None:
    spec = service(concurrency=10, threads=10, max_instances=2)
    profile = traffic(0, latency="0.5")
    most = 2 * 20 * MONTH
    assert instance_use(profile.with_requests(most), spec, METERING).rejected == 0
    used = instance_use(profile.with_requests(most * 2), spec, METERING)
    assert used.rejected == used.served == most
    assert used.peak_instances == 2


def test_refusals_follow_the_busiest_hour() -> None:
    spec = service(concurrency=1, max_instances=1)
    evening = Curve.of_hours([0] * 20 + [1] * 4)
    day = traffic(2_000_000, latency="1")
    assert instance_use(day, spec, METERING).rejected == 0
    crowded = traffic(2_000_000, latency="1", curve=evening)
    assert instance_use(crowded, spec, METERING).served == MONTH / 6


def test_no_traffic_costs_nothing_but_minimum_instances() -> None:
    used = instance_use(traffic(0), service(), METERING)
    assert (used.busy, used.alive, used.starts, used.idle_minimum) == (0, 0, 0, 0)
    used = instance_use(traffic(0), service(min_instances=2), METERING)
    assert used.idle_minimum == used.alive == 2 * MONTH


def test_a_minimum_instance_is_busy_or_waits() -> None:
    used = instance_use(traffic(1_000_000), service(min_instances=1), METERING)
    assert used.starts == 0
    assert abs(used.busy + used.idle_minimum - MONTH) < Decimal("0.001")


@pytest.mark.parametrize("minimum", [1, 2, 3, 6])
def test_waiting_is_never_more_than_the_minimum_can_wait(minimum: int) -> None:
    profile = traffic(200_000_000, latency="0.1")
    used = instance_use(profile, service(concurrency=2, min_instances=minimum), METERING)
    assert used.peak_instances > minimum
    assert 0 <= used.idle_minimum < minimum * MONTH


def test_waiting_minimum_by_hand() -> None:
    share, rest = Decimal("0.3"), Decimal("0.7")
    assert idle_minimum(5, 0, share) == 0
    assert idle_minimum(2, 2, share) == 2 * rest
    assert idle_minimum(2, 1, share) == rest**2
    exact = 2 * rest**3 + 3 * share * rest**2
    assert abs(idle_minimum(3, 2, share) - exact) < Decimal("1e-20")
    assert idle_minimum(3, 2, Decimal(1)) == 0


def test_each_morning_after_a_quiet_night_starts_an_instance() -> None:
    days = METERING.month_hours / 24
    busy_days = Curve.of_hours([0] * 12 + [1] * 12)
    one = instance_use(traffic(100_000, curve=busy_days), service(), METERING)
    assert one.peak_instances == 1
    assert abs(one.starts - days) < Decimal("0.001")
    # Alive for half the day and a quarter of an hour.
    assert abs(one.alive - days * (12 * 3600 + 900)) < 1
    many = instance_use(traffic(50_000_000, curve=busy_days), service(concurrency=2), METERING)
    assert many.starts == many.peak_instances * days
    assert abs(many.alive - many.peak_instances * days * (12 * 3600 + 900)) < 1


def test_an_even_day_starts_nothing() -> None:
    even = instance_use(traffic(100_000, curve=Curve.of_hours([1] * 24)), service(), METERING)
    assert even.starts < Decimal("1e-6")


def test_rare_visitors_each_start_an_instance() -> None:
    one_a_day = instance_use(traffic(30, startup="3"), service(), METERING)
    assert 29 < one_a_day.starts < 30
    assert one_a_day.starting == one_a_day.starts * 3
    one_a_second = instance_use(traffic(2_628_000, startup="3"), service(), METERING)
    assert one_a_second.starts < Decimal("1e-300")


def test_a_start_is_boosted() -> None:
    used = instance_use(traffic(30, startup="3"), service(cpu_boost=True), METERING)
    assert used.boost == used.starts * (3 + Decimal("0.2"))
    assert instance_use(traffic(30, startup="3"), service(), METERING).boost == 0


@pytest.mark.parametrize(
    ("cpu", "boosted"), [("0.1", "2"), ("1", "2"), ("2", "4"), ("4", "8"), ("6", "8"), ("8", "8")]
)
def test_boost_follows_the_table(cpu: str, boosted: str) -> None:
    assert boosted_vcpus(service(cpu, 4096, cpu_boost=True)) == Decimal(boosted)


def test_instances_come_and_go_with_the_curve() -> None:
    curve = Curve.of_hours([1] * 12 + [100] * 12)
    profile = traffic(100_000_000, latency="0.2", curve=curve, startup="2")
    used = instance_use(profile, service(concurrency=5), METERING)
    day = METERING.month_hours / 24
    assert used.starts == (used.peak_instances - 1) * day


@pytest.mark.parametrize(
    ("rate", "wanted"),
    [("0", 0), ("0.1", 1), ("120", 1), ("120.1", 2), ("240", 2), ("1000000", 100)],
)
def test_the_autoscaler_wants_60_percent_of_the_concurrency(rate: str, wanted: int) -> None:
    profile = traffic(0, latency="0.1")
    assert instances_wanted(Decimal(rate), profile, service(concurrency=20)) == wanted


@pytest.mark.parametrize(("rate", "wanted"), [("12", 1), ("12.1", 2), ("60", 5)])
def test_the_autoscaler_wants_60_percent_of_the_cpu(rate: str, wanted: int) -> None:
    profile = traffic(0, latency="0.1", cpu="0.05")
    assert instances_wanted(Decimal(rate), profile, service()) == wanted


def test_threads_limit_what_an_instance_serves() -> None:
    profile = traffic(0, latency="0.1")
    assert requests_per_second(profile, service(concurrency=80, threads=8)) == 80
    assert requests_per_second(profile, service(concurrency=8, threads=80)) == 80
    assert requests_per_second(profile, service(concurrency=1000, threads=1000)) == 800


def test_one_process_uses_one_vcpu() -> None:
    profile = traffic(0, latency="0.1", cpu="0.05")
    assert requests_per_second(profile, service("4", 2048)) == 20
    assert requests_per_second(profile, service("4", 2048, workers=4, threads=20)) == 80


def test_more_traffic_never_needs_less() -> None:
    curve = Curve.office()
    busy = [
        instance_use(traffic(n, curve=curve), service(), METERING).busy
        for n in (10**k for k in range(1, 10))
    ]
    assert busy == sorted(busy)


def test_measurement_overrules_the_model() -> None:
    used = instance_use(traffic(1000, instance_seconds="77"), service(min_instances=1), METERING)
    assert used.busy == 77
    assert used.idle_minimum == MONTH - 77


def test_measured_instance_seconds_are_all_that_is_billed() -> None:
    """Cloud Monitoring's billable instance time has starts in it; instance-based, the idle time."""
    rare = traffic(30, instance_seconds="77", startup="3")
    used = instance_use(rare, service(), METERING)
    assert used.starts > 29
    assert (used.busy, used.starting, used.alive) == (77, 0, 77)
    modelled = instance_use(traffic(30, shared_by="1", startup="3"), service(), METERING)
    assert modelled.starting == modelled.starts * 3
    assert modelled.alive > 29 * 900


def test_rounding_is_up_and_exact() -> None:
    assert rounded_up(Decimal("0.3"), Decimal("0.1")) == Decimal("0.3")
    assert rounded_up(Decimal("0.3000001"), Decimal("0.1")) == Decimal("0.4")
    assert rounded_up(Decimal(0), Decimal("0.1")) == 0
