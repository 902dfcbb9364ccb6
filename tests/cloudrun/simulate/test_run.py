from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from random import Random

import pytest

from hipflask.cloudrun.cost.bill import bill_for, estimate
from hipflask.cloudrun.cost.curve import Curve
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.cost.use import instance_use
from hipflask.cloudrun.simulate.arrivals import HOUR_MS, arrivals, burst
from hipflask.cloudrun.simulate.autoscaler import AutoscalerRules
from hipflask.cloudrun.simulate.result import Simulation
from hipflask.cloudrun.simulate.run import simulate
from hipflask.cloudrun.spec import Billing, ServiceSpec
from tests.cloudrun.cost.services import METERING, service, traffic

ONE = service(concurrency=1, max_instances=1)


def run(moments: list[int], spec: ServiceSpec, profile: TrafficProfile) -> Simulation:
    return simulate(moments, spec, profile, METERING)


def cases() -> Iterator[tuple[int, ServiceSpec, TrafficProfile, list[int]]]:
    """A hundred services and crowds, from one seed."""
    random = Random(20261122)
    for number in range(100):
        concurrency = random.choice([1, 1, 2, 5, 20, 80])
        minimum = random.choice([0, 0, 0, 1, 3])
        spec = service(
            random.choice(["0.167", "1", "2"]) if concurrency == 1 else random.choice(["1", "2"]),
            concurrency=concurrency,
            threads=random.choice([1, 8, concurrency]),
            min_instances=minimum,
            max_instances=minimum + random.choice([1, 2, 10]),
        )
        latency = Decimal(random.randint(1, 2000)) / 1000
        profile = traffic(
            0,
            latency=latency,
            cpu=latency * random.choice([0, 0, 1]) / 4,
            startup=Decimal(random.choice([0, 500, 3000, 9000])) / 1000,
            shutdown=Decimal(random.choice([0, 700])) / 1000,
        )
        length = random.choice([1, 60_000, HOUR_MS])
        count = random.choice([1, 10, 200, 1000])
        yield number, spec, profile, sorted(random.randrange(length) for _ in range(count))


@pytest.mark.parametrize(("number", "spec", "profile", "moments"), list(cases()))
def test_what_always_holds(
    number: int, spec: ServiceSpec, profile: TrafficProfile, moments: list[int]
) -> None:
    result = simulate(moments, spec, profile, METERING)
    # No request is lost or invented.
    assert result.arrived == len(moments)
    assert result.arrived == result.served + result.refused_429 + result.refused_500
    assert len(result.response_ms) == result.served
    # Billed covers busy, in whole steps, and nobody is busy longer than alive.
    assert result.busy_ms <= result.billed_ms <= result.alive_ms + 100 * max(1, result.arrived * 2)
    assert result.billed_ms % 100 == 0
    assert result.busy_ms <= result.alive_ms <= result.lifetime_billed_ms
    # The work fits into the time: an instance does no more at once than it may.
    shortest = int(profile.latency * 1000)
    at_once = min(spec.effective_concurrency, spec.parallelism)
    assert result.busy_ms * at_once >= result.served * shortest
    assert all(response >= shortest for response in result.response_ms)
    # Between min and max, always.
    counts = [moment.instances for moment in result.instances]
    assert max(counts, default=0) <= spec.effective_max_instances
    settled = counts[spec.min_instances - 1 :] if spec.min_instances else counts
    assert all(count >= spec.min_instances for count in settled)
    assert all(abs(later - earlier) == 1 for earlier, later in pairwise(counts))
    assert 0 <= result.idle_minimum_ms <= spec.min_instances * result.duration_ms
    # The same again is the same.
    assert simulate(moments, spec, profile, METERING) == result


def test_a_lone_request_waits_for_the_start_and_pays_for_it() -> None:
    result = run([0], service(), traffic(latency="0.03", startup="2"))
    assert result.response_ms == (2030,)
    assert (result.busy_ms, result.billed_ms) == (2030, 2100)
    assert result.starts == 1


def test_30_milliseconds_are_billed_as_100() -> None:
    result = run([0, 1_000], service(min_instances=1), traffic(latency="0.03"))
    assert (result.busy_ms, result.billed_ms) == (60, 200)


def test_overlapping_requests_share_their_time() -> None:
    profile = traffic(latency="0.2")
    spec = service(min_instances=1)
    assert run([0, 50, 199], spec, profile).billed_ms == 400
    # The third comes when the second has just been answered: a new interval.
    assert run([0, 50, 250], spec, profile).billed_ms == 300 + 200


def test_at_concurrency_1_nothing_is_shared() -> None:
    spec = service(concurrency=1, min_instances=3)
    assert run([0, 50, 199], spec, traffic(latency="0.2")).billed_ms == 600


def test_waiting_instances_beyond_the_minimum_are_free() -> None:
    spec = service(concurrency=1, min_instances=1)
    profile = traffic(latency="1")
    result = simulate([0, 0], spec, profile, METERING, duration_ms=60_000)
    assert result.peak_instances == 2
    assert result.idle_minimum_ms == 59_000
    assert result.billed_ms == 2_000


def test_an_idle_instance_stays_15_minutes() -> None:
    result = simulate([0], service(), traffic(latency="1"), METERING, duration_ms=HOUR_MS)
    assert [(m.at_ms, m.instances) for m in result.instances] == [(0, 1), (901_000, 0)]
    assert result.alive_ms == 901_000


def test_a_minimum_instance_stays_for_ever() -> None:
    spec = service(min_instances=1)
    result = simulate([0], spec, traffic(latency="1"), METERING, duration_ms=HOUR_MS)
    assert result.alive_ms == HOUR_MS
    assert result.starts == 0


def test_a_short_life_is_billed_as_a_minute() -> None:
    result = run([0], service(), traffic(latency="1"))
    assert (result.alive_ms, result.lifetime_billed_ms) == (1_000, 60_000)


def test_at_the_maximum_the_patient_get_429() -> None:
    # 10 s of patience, 2 s of start, 0.5 s each: 16 are served.
    result = run(list(burst(100)), ONE, traffic(latency="0.5", startup="2"))
    assert (result.served, result.refused_429, result.refused_500) == (16, 84, 0)
    assert result.peak_waiting == 100
    assert result.response_ms[-1] == 10_000


def test_patience_is_three_and_a_half_starts() -> None:
    result = run(list(burst(100)), ONE, traffic(latency="1", startup="8"))
    assert result.response_ms[-1] == 28_000
    assert result.served == 20


def test_a_start_that_takes_too_long_is_500() -> None:
    rules = AutoscalerRules(shortest_patience_ms=1_000, patience_in_starts=Decimal("0.1"))
    result = simulate([0], service(), traffic(startup="60"), METERING, rules=rules)
    assert (result.served, result.refused_429, result.refused_500) == (0, 0, 1)


def test_a_crowd_gets_instances_at_once() -> None:
    result = run(list(burst(50)), service(concurrency=10), traffic(latency="3", startup="1"))
    assert result.peak_instances == 5
    assert result.served == 50


def test_steady_load_settles_where_the_average_says() -> None:
    """30 in flight on average; 60 % of 20 is 12 each, so three instances."""
    spec, profile = service(concurrency=20), traffic(latency="1", startup="1")
    moments = arrivals(30 * 600, Curve.flat(), slot_ms=600_000)
    result = simulate(moments, spec, profile, METERING)
    assert result.instances[-1].instances == 3
    assert result.served == 30 * 600


def test_work_for_the_cpu_adds_instances_that_requests_alone_would_not() -> None:
    moments = list(arrivals(30 * 600, Curve.flat(), slot_ms=600_000))
    lazy = run(moments, service(), traffic(latency="0.1"))
    busy = run(moments, service(), traffic(latency="0.1", cpu="0.05"))
    assert lazy.peak_instances == 1
    assert busy.peak_instances == 3


def test_instances_follow_the_load_down() -> None:
    day = Curve.of_hours([100, 1, 1])
    spec, profile = service(concurrency=2), traffic(latency="0.5")
    result = simulate(arrivals(20_000, day, random=Random(3)), spec, profile, METERING)
    assert result.peak_instances > 3
    # One is enough; a second comes when three visitors happen to meet.
    assert result.instances[-1].instances <= 2


def test_instances_beyond_those_wanted_are_left_to_rest() -> None:
    """Three in flight fit on one of the instances that the thirty before had asked for."""
    crowd = list(arrivals(30 * 300, Curve.flat(), slot_ms=300_000))
    few = [300_000 + moment for moment in arrivals(3 * 2400, Curve.flat(), slot_ms=2_400_000)]
    result = run(crowd + few, service(concurrency=10), traffic(latency="1", startup="1"))
    assert result.peak_instances >= 5
    assert result.instances[-1].instances == 1


def test_threads_below_the_concurrency_make_requests_wait_inside() -> None:
    profile = traffic(latency="0.1")
    wide = run(list(burst(80)), service(min_instances=1), profile)
    narrow = run(list(burst(80)), service(min_instances=1, threads=8), profile)
    assert wide.response_ms[-1] == 100
    assert narrow.response_ms[-1] == 1_000


def test_below_one_vcpu_work_takes_longer() -> None:
    spec = service("0.1", 128, concurrency=1, min_instances=1)
    assert run([0], spec, traffic(latency="0.2", cpu="0.02")).response_ms == (380,)


@pytest.mark.parametrize("an_hour", [100, 1_000, 10_000, 25_000])
@pytest.mark.parametrize("concurrency", [1, 20, 80])
def test_the_bill_s_model_agrees_with_the_simulator(an_hour: int, concurrency: int) -> None:
    """Random visitors at a steady rate: within 3 % of each other."""
    spec = service(concurrency=concurrency)
    profile = traffic(an_hour * 730, latency="0.25", startup="1")
    moments = arrivals(an_hour, Curve.flat(), random=Random(an_hour))
    result = simulate(moments, spec, profile, METERING)
    simulated = Decimal(result.billed_ms - result.starts * 1_000) / 1000
    modelled = instance_use(profile, spec, METERING).busy / 730
    assert abs(simulated / modelled - 1) < Decimal("0.03")


def test_a_simulated_hour_makes_a_month_s_bill() -> None:
    spec, profile = service(), traffic(730_000, latency="0.25")
    hour = simulate(
        arrivals(1_000, Curve.flat(), random=Random(5)),
        spec,
        profile,
        METERING,
        duration_ms=HOUR_MS,
    )
    used = hour.for_a_month(spec, profile, METERING)
    assert used.served == 730_000
    simulated = bill_for(used, spec, profile).line("cloud_run.cpu").used
    modelled = estimate(spec, profile).line("cloud_run.cpu").used
    assert abs(simulated / modelled - 1) < Decimal("0.03")


def test_a_simulated_hour_can_be_billed_by_instance() -> None:
    spec = service(billing=Billing.INSTANCE, min_instances=1)
    profile = traffic(730, latency="0.25")
    hour = simulate([0], spec, profile, METERING, duration_ms=HOUR_MS)
    used = hour.for_a_month(spec, profile, METERING)
    assert bill_for(used, spec, profile).line("cloud_run.cpu").used == METERING.month_seconds


def test_percentiles() -> None:
    spec = service(concurrency=1, min_instances=1, max_instances=1)
    result = run(list(burst(4)), spec, traffic(latency="1"))
    assert [result.percentile(p) for p in (0, 25, 50, 99, 100)] == [1000, 1000, 2000, 4000, 4000]
    assert simulate([], spec, traffic(), METERING).percentile(50) == 0


def test_requests_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="order"):
        run([5, 4], service(), traffic())
