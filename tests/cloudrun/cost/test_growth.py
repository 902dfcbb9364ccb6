from __future__ import annotations

from decimal import Decimal

import pytest

from hipflask.cloudrun.cost.growth import growth
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.cost.report import cost_report
from hipflask.cloudrun.spec import DatabaseSpec
from tests.cloudrun.cost.services import service, traffic


@pytest.mark.parametrize("requests", [0, 1, 50_000, 3_000_000_000])
def test_points_hold_the_traffic_and_the_end_of_the_free_tier(requests: int) -> None:
    profile = TrafficProfile().with_requests(Decimal(requests))
    made = growth(cost_report(service(), profile), points=9)
    amounts = [point.requests for point in made.points]
    assert amounts == sorted(set(amounts))
    assert made.free_end is not None
    assert amounts[0] <= made.free_end.requests <= amounts[-1]
    assert requests <= amounts[-1]
    assert all(amount in {10**n for n in range(15)} for amount in (amounts[0], amounts[-1]))


def test_cost_is_nothing_before_the_end_and_something_after_it() -> None:
    made = growth(cost_report(service(), TrafficProfile()))
    assert made.free_end is not None
    for point in made.points:
        assert (point.total == 0) == (point.requests <= made.free_end.requests)


def test_cost_never_falls_as_traffic_grows() -> None:
    made = growth(cost_report(service(max_instances=3), TrafficProfile()))
    totals = [point.total for point in made.points]
    assert totals == sorted(totals)


def test_what_is_over_without_traffic_is_told_beside_the_end_of_the_rest() -> None:
    many = traffic(1_000, builds=3_000, build_minutes=1)
    made = growth(cost_report(service(), many), points=3)
    assert made.over_anyway is not None
    assert made.free_end is not None
    assert (made.over_anyway.code, made.free_end.code) == ("cloud_build.minutes", "cloud_run.cpu")


def test_outside_north_america_traffic_is_never_free_and_the_rest_still_ends() -> None:
    made = growth(cost_report(service(region="asia-east1"), TrafficProfile()), points=3)
    assert made.over_anyway is not None
    assert made.free_end is not None
    assert (made.over_anyway.code, made.free_end.code) == ("egress.internet", "cloud_run.cpu")
    assert made.to_json()["over_anyway"]["requests"] == 0


def test_a_limit_has_a_point_of_its_own() -> None:
    made = growth(cost_report(service(max_instances=1), TrafficProfile(requests=Decimal(10**7))))
    amounts = {point.requests for point in made.points}
    assert made.stops_from is not None
    assert {made.refused_from.requests, made.stops_from.requests} <= amounts


def test_what_stops_first_is_no_second_end_of_the_free_tier() -> None:
    many = growth(cost_report(service(), traffic(100, users=50)), points=3)
    assert many.free_end is not None
    assert (many.free_end.code, many.stops_from) == ("supabase.users", None)


def test_json_says_the_points() -> None:
    spec = service(database=DatabaseSpec(compute="micro"))
    made = growth(cost_report(spec, TrafficProfile()), points=3).to_json()
    assert [point["supabase"] for point in made["points"]] == ["25"] * 4
    assert [point["requests"] for point in made["points"]] == [10**4, 53_687, 10**5, 10**6]
    assert made["stops_from"]["code"] == "supabase.users"
    assert made["free_end"]["code"] == "egress.internet"
