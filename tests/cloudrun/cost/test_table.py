from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from hipflask.cloudrun.cost import amounts
from hipflask.cloudrun.cost.curve import Curve
from hipflask.cloudrun.cost.limits import Consequence
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.cost.report import CostReport, cost_report
from hipflask.cloudrun.cost.supabase import Plan, SupabaseChoice
from hipflask.cloudrun.cost.table import Kind, rows, text_lines, text_table
from hipflask.cloudrun.quantities import Memory
from hipflask.cloudrun.spec import DatabaseSpec, SecretRef, ServiceSpec
from tests.cloudrun.cost.services import service, traffic

SHOP = ServiceSpec(name="shop", max_instances=2, secrets={"A": SecretRef("a"), "B": SecretRef("b")})


def report(spec: ServiceSpec = SHOP, **changes: object) -> CostReport:
    return cost_report(spec, replace(TrafficProfile(), **changes))  # type: ignore[arg-type]


def test_first_line_says_what_it_is_and_the_last_what_comes_next() -> None:
    lines = text_table(report()).splitlines()
    assert lines[0] == "A month of shop in us-west1: 100,000 requests of 200 ms"
    assert lines[1] == (
        "1 vCPU, 512 MiB, 80 requests at once, 0 to 2 instances, request-based billing"
    )
    assert lines[2] == "Supabase's Free plan"
    assert lines[-1] == (
        "Next limit: Cloud Run, CPU, at 1.07 million requests a month (then charged)"
    )


def test_quotas_stand_as_used_and_free() -> None:
    row = next(row for row in rows(report()) if row.name == "Requests")
    assert row.cells == ("Requests", "100,000 requests", "2,000,000", "5 %", "$0.00")
    assert "Traffic to browsers          1.86 GiB          1  186 %  $0.10" in text_table(report())


def test_every_line_of_the_bill_has_a_row() -> None:
    shown = [row for row in rows(report()) if row.kind not in (Kind.HEADING, Kind.TOTAL)]
    assert [row.name for row in shown] == [line.item for line in report().bill.lines]


@pytest.mark.parametrize("requests", [0, 1, 10**5, 10**8, 10**11])
def test_columns_are_aligned_and_fit_a_terminal(requests: int) -> None:
    table = text_table(report(requests=Decimal(requests)))
    priced = [line for line in table.splitlines() if line.startswith("    ") and "$" in line]
    ends = {len(line) for line in priced if line[-3] == "."}
    assert len(ends) == 1
    assert max(len(line) for line in table.splitlines()) <= 90
    assert table.isascii()


def test_refused_requests_are_said_with_the_remedy() -> None:
    table = text_table(report(requests=Decimal(300_000_000)))
    assert "Refused: 141 million requests find no room on 2 instances." in table
    assert " ".join(table.splitlines()[-2:]) == (
        "Next: set max_instances to 6 for the busiest hour, or accept that requests are refused."
    )


def test_the_remedy_for_refused_requests_helps() -> None:
    given = report(requests=Decimal(300_000_000))
    enough = replace(SHOP, max_instances=given.instances_needed)
    assert report(enough, requests=Decimal(300_000_000)).bill.use.rejected == 0


def test_what_stops_is_said() -> None:
    table = text_table(report(file_size=Decimal(2 * 10**9)))
    assert "Supabase stops or restricts: files, 2 of 1 GB." in table
    assert " ".join(table.splitlines()[-2:]) == (
        "Next: Supabase's Pro plan, spend cap on, has room for this; the month then costs $25.10."
    )
    assert "stops" in next(line for line in table.splitlines() if line.startswith("    Files"))


def test_limits_stand_in_their_order_with_those_that_are_passed() -> None:
    lines = [" ".join(line.split()) for line in text_table(report()).splitlines()]
    said = [line for line in lines if line.endswith((" charged", " stops"))]
    assert said[0] == "53,687 Network, traffic to browsers passed, charged"
    assert said[2] == "1.25 million Supabase, traffic it stops"
    refused = next(x for x in report().limits if x.consequence is Consequence.REFUSED)
    assert len(said) == len([x for x in report().limits if x.requests < refused.requests])


def test_what_costs_and_what_stops_is_marked_for_a_colour() -> None:
    given = report(requests=Decimal(2_000_000))
    kinds = {row.name: row.kind for row in rows(given)}
    assert kinds["Traffic to browsers"] is Kind.CHARGED
    assert kinds["Log lines"] is Kind.PLAIN
    stopped = [line.text for line in text_lines(given) if line.kind is Kind.STOPPED]
    assert [text.split()[0] for text in stopped] == ["Traffic", "1.25"]


def test_the_remedy_is_the_smallest_choice_with_which_nothing_stops() -> None:
    def remedy(**changes: object) -> SupabaseChoice | None:
        found = report(**changes).remedy  # type: ignore[arg-type]
        return None if found is None else found.supabase

    assert remedy() is None
    assert remedy(users=Decimal(50_001)) == SupabaseChoice(Plan.PRO, "micro", spend_cap=True)
    assert remedy(users=Decimal(100_001)) == SupabaseChoice(Plan.PRO, "micro", spend_cap=False)
    capped = cost_report(
        replace(SHOP, database=DatabaseSpec(compute="small")),
        TrafficProfile(users=Decimal(100_001)),
    )
    assert capped.remedy is not None
    assert capped.remedy.supabase == SupabaseChoice(Plan.PRO, "small", spend_cap=False)
    assert capped.remedy.at_supabase == Decimal("30.00325")


def test_things_are_counted_in_whole_numbers() -> None:
    names = {row.name: row.cells for row in rows(report(requests=Decimal("10000.4")))}
    assert names["Requests"][1] == "10,000 requests"
    assert "." not in names["Reads"][1]


def test_the_worst_case_is_said() -> None:
    table = " ".join(text_table(report()).split())
    assert "At most, with 2 instances busy all month: $127.49 for the instances" in table


def test_assumptions_are_those_that_matter() -> None:
    def said(given: CostReport) -> str:
        return " ".join(given.assumptions())

    assert "at random" in said(report())
    assert "at random" not in said(report(service(concurrency=1)))
    assert "measurement" in said(report(shared_by=Decimal(3)))
    assert "minimum instances" in said(report(service(min_instances=1)))
    assert "first example" in said(report(requests=Decimal(1_000_000)))
    assert "first example" not in said(report())
    assert "other projects" not in said(report(free_share=Decimal(0)))


def test_the_next_limit_is_ahead() -> None:
    for requests in (1, 60_000, 2_000_000, 40_000_000):
        given = report(requests=Decimal(requests))
        assert given.next_limit.requests >= requests
    assert given.next_limit.code == "logging.ingested"


def test_json_has_everything() -> None:
    given = report(ServiceSpec(database=DatabaseSpec(compute="micro")))
    read = json.loads(json.dumps(given.to_json()))
    assert read["supabase"] == "25"
    assert read["limits"][0]["code"] == "egress.internet"
    assert read["worst_case"]["instances"] == 100
    assert read["next_limit"]["consequence"] == "charged"
    assert read["supabase_plan"] == {"plan": "pro", "compute": "micro", "spend_cap": True}
    assert (read["profile"]["latency"], len(read["profile"]["curve"])) == ("0.2", 24)
    assert read["service"]["region"] == "us-west1"
    assert read["remedy"] is None


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0", "$0.00"), ("0.0004", "<$0.01"), ("0.005", "$0.01"), ("1234.567", "$1,234.57")],
)
def test_dollars(amount: str, text: str) -> None:
    assert amounts.dollars(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        ("0", "0 %"),
        ("0.0001", "<1 %"),
        ("0.114", "11 %"),
        ("0.999", "99 %"),
        ("1", "100 %"),
        ("1.001", ">100 %"),
        ("29.6", "2,960 %"),
    ],
)
def test_percent_never_rounds_a_limit_away(share: str, text: str) -> None:
    assert amounts.percent(Decimal(share)) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [("14203.4", "14,203"), ("1.8626", "1.86"), ("0.0931", "0.093"), ("3", "3"), ("10", "10")],
)
def test_quantity(amount: str, text: str) -> None:
    assert amounts.quantity(Decimal(amount)) == text


def test_sizes_times_and_large_numbers() -> None:
    assert amounts.memory(Memory.mebi(512)) == "512 MiB"
    assert amounts.memory(Memory.mebi(1536)) == "1.5 GiB"
    assert amounts.seconds(Decimal("0.2")) == "200 ms"
    assert amounts.seconds(Decimal("2.5")) == "2.5 s"
    assert amounts.requests(924_649) == "924,649"
    assert amounts.requests(1_250_000) == "1.25 million"
    assert amounts.requests(15_900_000_000) == "15.9 billion"


def test_a_quiet_night_shows_in_the_limits() -> None:
    flat = cost_report(SHOP, traffic(1000, latency="1", curve=Curve.flat()))
    daily = cost_report(SHOP, traffic(1000, latency="1", curve=Curve.bell(width=Decimal(2))))
    by_code = [{x.code: x.requests for x in given.limits} for given in (flat, daily)]
    assert by_code[0]["cloud_run.cpu"] < by_code[1]["cloud_run.cpu"]
    assert by_code[0]["cloud_run.max_instances"] > by_code[1]["cloud_run.max_instances"]
