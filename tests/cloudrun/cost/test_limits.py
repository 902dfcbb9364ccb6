from __future__ import annotations

from decimal import Decimal

import pytest

from hipflask.cloudrun.cost.bill import estimate
from hipflask.cloudrun.cost.limits import Consequence, Limit, free_until, limits
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.cost.supabase import Plan, SupabaseChoice
from hipflask.cloudrun.cost.worst_case import worst_case
from hipflask.cloudrun.spec import Billing, SecretRef, ServiceSpec
from tests.cloudrun.cost.services import METERING, service, traffic


def found(spec: ServiceSpec, profile: TrafficProfile) -> dict[str, Limit]:
    return {limit.code: limit for limit in limits(estimate(spec, profile))}


PRODUCT = TrafficProfile(download_size=Decimal(10**9))


@pytest.mark.parametrize("code", [limit.code for limit in limits(estimate(service(), PRODUCT))])
def test_a_limit_holds_up_to_its_traffic_and_breaks_with_one_request_more(code: str) -> None:
    spec = service()
    limit = found(spec, PRODUCT)[code]
    at, beyond = (
        estimate(spec, PRODUCT.with_requests(Decimal(limit.requests + more))) for more in (0, 1)
    )
    if limit.consequence is Consequence.REFUSED:
        assert at.use.rejected == 0
        assert beyond.use.rejected > 0
    elif code in ("cloud_run.cpu", "cloud_run.memory"):
        # What one of them leaves of the free tier goes to the other, so the cost says it.
        assert at.line(code).cost == 0
        assert beyond.line(code).cost > 0
    else:
        assert not at.line(code).is_exceeded
        assert beyond.line(code).is_exceeded


def test_cpu_is_charged_where_its_limit_says_not_before() -> None:
    """$5.22 are free; at 1 vCPU and 512 MiB they last for 206,732 busy seconds, not 180,000."""
    spec, profile = service(concurrency=1), traffic(1_000, latency="1")
    limit = found(spec, profile)["cloud_run.cpu"]
    starts = estimate(spec, profile.with_requests(Decimal(limit.requests))).use
    assert starts.busy == limit.requests == 206_732
    for more, cost in ((0, Decimal(0)), (1, Decimal("0.00001"))):
        bill = estimate(spec, profile.with_requests(Decimal(limit.requests + more)))
        assert bill.google.quantize(Decimal("0.00001")) == cost


def test_a_limit_that_rare_visitors_reach_is_found_although_more_traffic_is_within_it() -> None:
    """Starts are most frequent at a visitor every 15 minutes: 1,075 in a month."""
    secrets = {f"S{n}": SecretRef(f"s{n}") for n in range(10)}
    limit = found(service(secrets=secrets), traffic(1_000))["secret_manager.accesses"]
    assert 1_500 < limit.requests < 2_920


def test_limits_come_in_the_order_in_which_traffic_reaches_them() -> None:
    reached = [limit.requests for limit in limits(estimate(service(), PRODUCT))]
    assert reached == sorted(reached)
    assert free_until(limits(estimate(service(), PRODUCT))) == reached[0]


def test_the_first_limit_does_not_depend_on_today_s_traffic() -> None:
    small = found(service(), traffic(1_000, response_size=1000))
    large = found(service(), traffic(90_000_000, response_size=1000))
    assert small["egress.internet"] == large["egress.internet"]
    assert small["cloud_run.cpu"] == large["cloud_run.cpu"]
    assert small["cloud_run.requests"].requests == 2_000_000


def test_a_profile_without_requests_has_limits_too() -> None:
    assert found(service(), traffic(0))["cloud_run.requests"].requests == 2_000_000


def test_what_is_beyond_its_limit_already_needs_no_traffic() -> None:
    many = traffic(1_000, builds=3_000, build_minutes=1)
    assert found(service(), many)["cloud_run.max_instances"].requests > 0
    assert found(service(), many)["cloud_build.minutes"].requests == 0
    assert "cloud_build.minutes" not in found(service(), traffic(1_000))


def test_a_minimum_instance_uses_up_instance_based_free_time_by_itself() -> None:
    spec = service(billing=Billing.INSTANCE, min_instances=1)
    assert found(spec, traffic(1_000))["cloud_run.cpu"].requests == 0


def test_users_grow_with_the_traffic() -> None:
    limit = found(service(), traffic(100, users=50))["supabase.users"]
    assert (limit.requests, limit.consequence) == (100_000, Consequence.STOPS)


def test_refused_requests_do_not_bend_the_limit_of_users() -> None:
    spec = service(concurrency=1, max_instances=1)
    crowded = traffic(300_000_000, users=1_000)
    assert estimate(spec, crowded).use.rejected > 0
    assert found(spec, crowded)["supabase.users"].requests == 15_000_000_000


def test_users_of_a_profile_without_requests_stay() -> None:
    assert "supabase.users" not in found(service(), traffic(0, users=1_000))
    assert found(service(), traffic(0, users=60_000))["supabase.users"].requests == 0


@pytest.mark.parametrize("capped", [True, False])
def test_pro_charges_without_its_cap(capped: bool) -> None:
    choice = SupabaseChoice(Plan.PRO, "micro", spend_cap=capped)
    reached = limits(estimate(service(), traffic(100, users=50), choice))
    limit = next(limit for limit in reached if limit.code == "supabase.users")
    assert limit.requests == 200_000
    assert limit.consequence is (Consequence.STOPS if capped else Consequence.CHARGED)


def test_maximum_of_instances_by_hand() -> None:
    spec = service(concurrency=10, threads=10, max_instances=3)
    limit = found(spec, traffic(1_000, latency="0.5"))["cloud_run.max_instances"]
    assert limit.requests == 3 * 20 * METERING.month_seconds


def test_worst_case_of_the_instances_by_hand() -> None:
    spec = service(max_instances=3, memory=1024)
    worst = worst_case(estimate(spec, traffic(1_000)))
    gross = 3 * METERING.month_seconds * Decimal("0.0000265")
    assert worst.for_instances == gross - Decimal("5.22")
    assert worst.instances == 3


def test_worst_case_has_the_traffic_that_the_instances_can_answer() -> None:
    spec = service(max_instances=1, concurrency=1)
    bill = estimate(spec, traffic(1_000, latency="1", response_size=2**20))
    worst = worst_case(bill)
    assert worst.requests == METERING.month_seconds
    requests = (worst.requests - 2_000_000) * Decimal("0.0000004")
    traffic_cost = (worst.requests / 1024 - 1) * Decimal("0.12")
    assert worst.for_traffic == requests + traffic_cost
    assert worst.total == worst.for_instances + worst.for_traffic


@pytest.mark.parametrize("requests", [0, 10**5, 10**7, 10**9])
@pytest.mark.parametrize("billing", list(Billing))
def test_nothing_costs_more_than_the_worst_case(requests: int, billing: Billing) -> None:
    spec = service(max_instances=4, min_instances=1, billing=billing)
    bill = estimate(spec, TrafficProfile().with_requests(Decimal(requests)))
    assert bill.google <= worst_case(bill).total
