"""Each free quota: all of it costs nothing, one step more costs exactly that step."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from hipflask.cloudrun.cost.bill import Bill, bill_for
from hipflask.cloudrun.cost.supabase import Plan, SupabaseChoice
from hipflask.cloudrun.spec import Billing, SecretRef
from tests.cloudrun.cost.services import service, traffic, use

GIB = 2**30
MIB = 2**20
GB = 10**9
PRO = SupabaseChoice(Plan.PRO, "micro", spend_cap=False)
CAPPED = SupabaseChoice(Plan.PRO, "micro")


class Quota(NamedTuple):
    """A quota: what uses exactly all of it, what uses a step more, and what the step costs.

    Upper-case names change the use of the instances, the others the profile.
    """

    code: str
    all_of_it: dict[str, Any]
    more: dict[str, Any]
    step: str
    spec: Mapping[str, Any] = MappingProxyType({})


SEVEN = {f"S{n}": SecretRef(f"secret-{n}") for n in range(7)}
SIX = dict(list(SEVEN.items())[:6])
CHARGED = [
    Quota("cloud_run.requests", {"SERVED": 2_000_000}, {"SERVED": 2_000_001}, "0.0000004"),
    # At 2 GiB for each vCPU both parts of the free tier end in the same second.
    Quota("cloud_run.cpu", {"BUSY": 180_000}, {"BUSY": 180_001}, "0.000024"),
    Quota("cloud_run.memory", {"BUSY": 180_000}, {"BUSY": 180_001}, "0.000005"),
    Quota("cloud_run.cpu", {"STARTING": 180_000}, {"STARTING": 180_001}, "0.000024"),
    Quota(
        "cloud_run.cpu",
        {"ALIVE": 240_000},
        {"ALIVE": 240_001},
        "0.000018",
        {"billing": Billing.INSTANCE, "memory": 1920},
    ),
    Quota(
        "cloud_run.memory",
        {"ALIVE": 240_000},
        {"ALIVE": 240_008},
        "0.00003",
        {"billing": Billing.INSTANCE, "memory": 1920},
    ),
    Quota(
        "egress.internet",
        {"SERVED": 1024, "response_size": MIB},
        {"SERVED": 2048, "response_size": MIB},
        "0.12",
    ),
    Quota(
        "artifact_registry.storage",
        {"images_kept": 1, "image_size": GIB // 2},
        {"images_kept": 3, "image_size": GIB // 2},
        "0.10",
    ),
    Quota(
        "cloud_build.minutes",
        {"builds": 2_500, "build_minutes": 1},
        {"builds": 2_501, "build_minutes": 1},
        "0.006",
    ),
    Quota("secret_manager.versions", {}, {}, "0.06"),
    Quota(
        "secret_manager.accesses",
        {"STARTS": 10_000},
        {"STARTS": 10_001},
        "0.000003",
        {"secrets": {"A": SecretRef("a")}},
    ),
    Quota(
        "logging.ingested",
        {"SERVED": 50, "log_size": GIB},
        {"SERVED": 51, "log_size": GIB},
        "0.50",
    ),
    Quota("scheduler.jobs", {"jobs": 3}, {"jobs": 4}, "0.10"),
]
# Of Supabase: code, what uses all of Free's, all of Pro's, a step more of Pro's, and its price.
AT_SUPABASE = [
    ("supabase.users", "users", 50_000, 100_000, 1, "0.00325"),
    ("supabase.database", "database_size", GB // 2, 8 * GB, GB, "0.125"),
    ("supabase.storage", "file_size", GB, 100 * GB, GB, "0.0213"),
    ("supabase.egress", "download_size", 5 * GB, 250 * GB, GB, "0.09"),
    ("supabase.cached_egress", "cached_download_size", 5 * GB, 250 * GB, GB, "0.03"),
]


def billed(given: dict[str, Any], spec: Mapping[str, Any], choice: SupabaseChoice | None) -> Bill:
    used = use(**{name.lower(): value for name, value in given.items() if name.isupper()})
    profile = traffic(0, **{name: value for name, value in given.items() if name.islower()})
    return bill_for(used, service(**{"memory": 2048, **spec}), profile, choice)


@pytest.mark.parametrize("quota", CHARGED, ids=lambda quota: quota.code)
def test_google_charges_from_the_first_step_on(quota: Quota) -> None:
    first, second = dict(quota.spec), dict(quota.spec)
    if quota.code == "secret_manager.versions":
        first["secrets"], second["secrets"] = SIX, SEVEN
    at_the_end = billed(quota.all_of_it, first, None)
    beyond = billed(quota.more, second, None)
    assert at_the_end.line(quota.code).cost == 0
    assert not at_the_end.line(quota.code).is_exceeded
    assert at_the_end.line(quota.code).used_share == 1
    assert beyond.line(quota.code).is_exceeded
    assert beyond.line(quota.code).cost == Decimal(quota.step)
    assert at_the_end.google == 0


def test_a_boosted_start_is_cpu_and_no_memory() -> None:
    bill = bill_for(use(boost=1_000, starting=10), service(memory=2048), traffic())
    assert bill.line("cloud_run.cpu").used == 1_010
    assert bill.line("cloud_run.memory").used == 20


def test_memory_that_nobody_uses_is_cpu() -> None:
    """5.22 dollars are free, whichever of the two they go to: Google's first example."""
    spec = service(memory=512)
    free = Decimal("5.22") / Decimal("0.00002525")
    assert bill_for(use(busy=free), spec, traffic()).google < Decimal("1e-20")
    assert bill_for(use(busy=free + 1), spec, traffic()).google > Decimal("0.000025")
    assert bill_for(use(busy=free), spec, traffic()).has_spill
    assert not bill_for(use(busy=180_000), spec, traffic()).has_spill


def test_cpu_that_nobody_uses_is_memory() -> None:
    spec = service(memory=4096)
    assert bill_for(use(busy=100_000), spec, traffic()).google == 0
    assert bill_for(use(busy=200_000), spec, traffic()).google == Decimal("6.80") - Decimal("5.22")


def test_the_free_tier_buys_less_in_tier_2() -> None:
    spec = service(region="us-west2", memory=2048)
    bill = bill_for(use(busy=180_000), spec, traffic())
    assert bill.line("cloud_run.cpu").gross == Decimal("6.048")
    assert bill.google == Decimal("7.308") - Decimal("5.22")
    free = bill.line("cloud_run.cpu").free
    assert free is not None
    assert int(free) == 128_571


def test_half_of_the_free_tier() -> None:
    bill = bill_for(use(busy=90_001, served=1_000_001), service(memory=2048), traffic())
    shared = bill_for(
        use(busy=90_001, served=1_000_001), service(memory=2048), traffic(free_share="0.5")
    )
    assert bill.google == 0
    assert shared.google == Decimal("0.000029") + Decimal("0.0000004")


def test_waiting_minimum_instances_have_no_free_part() -> None:
    bill = bill_for(use(idle_minimum=100), service(memory=1024, min_instances=1), traffic())
    assert bill.google == 100 * Decimal("0.000005")


def test_egress_is_free_from_north_america_only() -> None:
    given = {"SERVED": 1024, "response_size": MIB}
    assert billed(given, {"region": "us-east1"}, None).line("egress.internet").cost == 0
    europe = billed(given, {"region": "europe-west1"}, None).line("egress.internet")
    assert europe.cost == Decimal("0.12")
    assert europe.is_exceeded


@pytest.mark.parametrize(("code", "name", "free", "pro", "step", "price"), AT_SUPABASE)
def test_supabase_stops_on_free_and_charges_on_pro(
    code: str, name: str, free: int, pro: int, step: int, price: str
) -> None:
    full = billed({name: free}, {}, None)
    assert not full.stopped
    assert full.line(code).used_share == 1
    over = billed({name: free + 1}, {}, None)
    assert [line.code for line in over.stopped] == [code]
    assert over.total == 0
    assert not over.is_free
    assert billed({name: pro}, {}, PRO).at_supabase == 25
    assert billed({name: pro + step}, {}, PRO).at_supabase == 25 + Decimal(price)
    assert billed({name: pro + step}, {}, CAPPED).at_supabase == 25
    assert [line.code for line in billed({name: pro + step}, {}, CAPPED).stopped] == [code]
