from __future__ import annotations

from decimal import Decimal

import pytest

from hipflask.cloudrun.cost.rates import price_per_active_second, price_per_idle_second
from hipflask.cloudrun.prices import list_prices
from hipflask.cloudrun.spec import Billing
from hipflask.errors import ConfigError
from tests.cloudrun.cost.services import service


@pytest.mark.parametrize(
    ("cpu", "memory", "micros"),
    [
        # The nearest valid settings to the source document's command, with their prices.
        ("0.1", 128, "2.7125"),
        ("0.167", 256, "4.633"),
        ("0.5", 512, "13.25"),
        ("1", 256, "24.625"),
        ("1", 512, "25.25"),
    ],
)
def test_active_second(cpu: str, memory: int, micros: str) -> None:
    assert price_per_active_second(service(cpu, memory)) * 10**6 == Decimal(micros)


def test_idle_second_costs_a_ninth() -> None:
    assert price_per_idle_second(service("1", 1024)) == Decimal("0.000005")


def test_second_tier_is_dearer() -> None:
    here = price_per_active_second(service(region="us-west1"))
    there = price_per_active_second(service(region="us-west2"))
    assert there == here * Decimal("1.4")


def test_instance_based_seconds_cost_the_same_idle_or_not() -> None:
    spec = service("2", 1024, billing=Billing.INSTANCE)
    assert price_per_active_second(spec) == Decimal("0.000038")
    assert price_per_idle_second(spec) == Decimal("0.000038")


@pytest.mark.parametrize("region", ["", "us-westl1", "mars-north1"])
def test_a_region_without_a_price_is_said(region: str) -> None:
    with pytest.raises(ConfigError, match="No price is known") as raised:
        price_per_active_second(service(region=region))
    assert "us-west1" in raised.value.hint


def test_prices_can_be_given() -> None:
    assert price_per_active_second(service(), list_prices()) == price_per_active_second(service())
