from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest

from hipflask.cloudrun.prices import list_prices, read_prices
from hipflask.errors import ConfigError

TEXT = files("hipflask.cloudrun").joinpath("prices.toml").read_text(encoding="utf-8")


def tables(of: dict[str, Any], place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if any(not isinstance(value, dict) for value in of.values()):
        yield place, of
    for name, value in of.items():
        if isinstance(value, dict):
            yield from tables(value, f"{place}.{name}".strip("."))


@pytest.mark.parametrize(("place", "table"), list(tables(tomllib.loads(TEXT))))
def test_every_figure_says_when_and_where_it_was_read(place: str, table: dict[str, Any]) -> None:
    assert isinstance(table["as_of"], date), place
    assert table["source"].startswith("https://"), place


def test_figures_are_exact() -> None:
    rates = list_prices().cloud_run.request_based
    assert rates.tier_1.vcpu_second == Decimal("0.000024")
    assert rates.tier_1.gib_second == Decimal("0.0000025")
    assert rates.tier_2.vcpu_second == rates.tier_1.vcpu_second * Decimal("1.4")


def test_second_tier_of_instance_based_billing_is_a_fifth_dearer() -> None:
    rates = list_prices().cloud_run.instance_based
    assert rates.tier_2.vcpu_second == rates.tier_1.vcpu_second * Decimal("1.2")
    assert rates.tier_2.gib_second == rates.tier_1.gib_second * Decimal("1.2")


def test_a_region_has_one_price() -> None:
    regions = list_prices().cloud_run.regions
    assert not set(regions.tier_1) & set(regions.tier_2)
    assert len(regions.tier_1) == len(set(regions.tier_1)) == 21
    assert len(regions.tier_2) == len(set(regions.tier_2)) == 23


def test_all_groups_are_found() -> None:
    assert {group.source for group in list_prices().groups()} == {
        table["source"] for _, table in tables(tomllib.loads(TEXT))
    }


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("gib = 0.12", "gib = -0.12", "egress.gib"),
        ("gib = 0.12", 'gib = "0.12"', "egress.gib"),
        ("gib = 0.12", "gib = true", "egress.gib"),
        ("gib = 0.12", "gib = nan", "egress.gib"),
        ("gib = 0.12", "", "egress.gib"),
        ("gib = 0.12", "gib = 0.12\ngallon = 1", "egress.gallon"),
        ("[egress]", "[ingress]", "egress"),
        ("nano = 0", 'nano = "nothing"', "supabase.compute.nano"),
        ("as_of = 2026-08-03", 'as_of = "lately"', "as_of"),
        ("[egress]", "[egress", "TOML"),
    ],
)
def test_a_bad_price_list_is_refused_by_name(old: str, new: str, named: str) -> None:
    assert old in TEXT
    with pytest.raises(ConfigError, match=named):
        read_prices(TEXT.replace(old, new, 1))
