from __future__ import annotations

import json
from decimal import Decimal, localcontext

import pytest

from hipflask.cloudrun.cost.bill import estimate
from hipflask.cloudrun.cost.line import cents, plain
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.spec import Billing, ServiceSpec
from tests.cloudrun.cost.services import METERING, service, traffic


def test_a_small_product_is_free_but_for_its_traffic() -> None:
    bill = estimate(service(), TrafficProfile())
    assert bill.total == bill.line("egress.internet").cost
    assert estimate(service(), TrafficProfile(response_size=Decimal(8_000))).is_free


def test_the_total_is_the_sum_of_its_lines() -> None:
    bill = estimate(service(min_instances=1), TrafficProfile(requests=Decimal(50_000_000)))
    assert bill.total == sum(line.cost for line in bill.lines) > 100
    assert bill.total == bill.google + bill.at_supabase


def test_codes_are_unique() -> None:
    codes = [line.code for line in estimate(service(min_instances=1), TrafficProfile()).lines]
    assert len(codes) == len(set(codes))
    with pytest.raises(KeyError):
        estimate(service(), traffic()).line("cloud_run.gold")


def test_instance_based_billing_pays_for_the_whole_life() -> None:
    spec = service(billing=Billing.INSTANCE, min_instances=1)
    bill = estimate(spec, traffic(1_000))
    seconds = METERING.month_seconds
    assert bill.line("cloud_run.cpu").used == seconds
    full = seconds * (Decimal("0.000018") + Decimal("0.000001"))
    # Memory leaves a part of its discount to the CPU: 5.22 dollars are free, all in all.
    assert bill.google == full - 240_000 * Decimal("0.000018") - 450_000 * Decimal("0.000002")
    assert all(line.code != "cloud_run.requests" for line in bill.lines)


def test_instance_based_billing_loses_while_traffic_is_low_and_wins_when_it_is_high() -> None:
    def both(requests: int) -> tuple[Decimal, Decimal]:
        by_request, by_instance = (
            estimate(service(billing=kind), traffic(requests, latency="0.2")).google
            for kind in (Billing.REQUEST, Billing.INSTANCE)
        )
        return by_request, by_instance

    low, high = both(500_000), both(200_000_000)
    assert low[0] < low[1]
    assert high[0] > high[1]


def test_amounts_are_exact_until_they_are_shown() -> None:
    bill = estimate(service(concurrency=1), traffic(2_000_001))
    assert bill.line("cloud_run.requests").cost == Decimal("0.0000004")
    assert cents(bill.line("cloud_run.requests").cost) == 0
    assert cents(Decimal("0.005")) == Decimal("0.01")


def test_another_precision_is_the_caller_s_own() -> None:
    with localcontext(prec=50):
        precise = estimate(service(), TrafficProfile()).use.busy
    assert abs(precise - estimate(service(), TrafficProfile()).use.busy) < Decimal("1e-15")


def test_json_is_complete_and_exact() -> None:
    bill = estimate(ServiceSpec(max_instances=2), TrafficProfile())
    read = json.loads(json.dumps(bill.to_json()))
    assert Decimal(read["total"]) == bill.total
    assert read["currency"] == "USD"
    assert [line["code"] for line in read["lines"]] == [line.code for line in bill.lines]
    assert "E" not in json.dumps(read["lines"][0]["cost"])


@pytest.mark.parametrize(
    ("amount", "text"), [("0E-25", "0"), ("1.500", "1.5"), ("1E+3", "1000"), ("0.0000004", None)]
)
def test_plain_has_no_exponent(amount: str, text: str | None) -> None:
    assert plain(Decimal(amount)) == (text or amount)


def test_the_oldest_reading_of_a_price_is_said() -> None:
    assert estimate(service(), traffic()).prices_as_of.isoformat() == "2026-08-03"
