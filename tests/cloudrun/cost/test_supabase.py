from __future__ import annotations

from decimal import Decimal

import pytest

from hipflask.cloudrun.cost.bill import bill_for
from hipflask.cloudrun.cost.supabase import Plan, SupabaseChoice, choose
from hipflask.cloudrun.spec import DatabaseSpec
from hipflask.errors import ConfigError
from tests.cloudrun.cost.services import service, traffic, use


def month(compute: str) -> Decimal:
    spec = service(database=DatabaseSpec(compute=compute))
    return bill_for(use(), spec, traffic()).at_supabase


@pytest.mark.parametrize(
    ("compute", "dollars"),
    [("nano", 0), ("micro", 25), ("small", 30), ("large", 125), ("16xl", 3745)],
)
def test_the_size_of_the_database_says_the_plan(compute: str, dollars: int) -> None:
    assert month(compute) == dollars


def test_an_unknown_size_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ConfigError, match="enormous") as raised:
        month("enormous")
    assert "micro" in raised.value.hint


@pytest.mark.parametrize(("plan", "compute"), [(Plan.FREE, "micro"), (Plan.PRO, "nano")])
def test_a_size_that_the_plan_lacks_is_refused(plan: Plan, compute: str) -> None:
    with pytest.raises(ConfigError, match="has no database of size"):
        bill_for(use(), service(), traffic(), SupabaseChoice(plan, compute))


def test_answers_of_the_database_are_traffic() -> None:
    profile = traffic(0, database_answer_size=1000, download_size=5 * 10**8)
    bill = bill_for(use(served=10**6), service(), profile)
    assert bill.line("supabase.egress").used == Decimal("1.5")


SMALL = service(database=DatabaseSpec(compute="small"))


@pytest.mark.parametrize(
    ("said", "free_file", "paid_file"),
    [
        ({}, (Plan.FREE, "nano"), (Plan.PRO, "small")),
        ({"plan": "pro"}, (Plan.PRO, "micro"), (Plan.PRO, "small")),
        ({"plan": "free"}, (Plan.FREE, "nano"), (Plan.FREE, "nano")),
        ({"compute": "large"}, (Plan.PRO, "large"), (Plan.PRO, "large")),
        ({"compute": "nano"}, (Plan.FREE, "nano"), (Plan.FREE, "nano")),
    ],
)
def test_a_plan_and_a_size_imply_each_other(
    said: dict[str, str], free_file: tuple[Plan, str], paid_file: tuple[Plan, str]
) -> None:
    assert choose(service(), **said) == SupabaseChoice(*free_file)
    assert choose(SMALL, **said) == SupabaseChoice(*paid_file)


def test_the_free_plan_has_no_spend_cap_to_switch_off() -> None:
    assert not choose(SMALL, spend_cap=False).spend_cap
    with pytest.raises(ConfigError, match="no spend cap to switch off"):
        choose(service(), spend_cap=False)
