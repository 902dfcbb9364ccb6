"""What Cloud Run rejects has no price: the findings and the nearest that has one."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from hipflask.cloudrun.cost.bill import estimate
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.cost.rejected import Rejection, check_length, rejection
from hipflask.cloudrun.cost.supabase import SupabaseChoice
from hipflask.cloudrun.quantities import Duration
from hipflask.cloudrun.spec import DatabaseSpec, ServiceSpec
from hipflask.errors import ConfigError
from tests.cloudrun.cost.services import service

TENTH = service("0.1", 128, concurrency=10, max_instances=3)
BUSY = TrafficProfile(requests=Decimal(10_000_000))


def rejected(spec: ServiceSpec, profile: TrafficProfile = BUSY) -> Rejection:
    found = rejection(spec, profile, SupabaseChoice())
    assert found is not None
    return found


def test_what_cloud_run_takes_is_priced() -> None:
    assert rejection(service(), TrafficProfile(), SupabaseChoice()) is None
    # No project, no name, no secrets: nobody needs them to ask for a price.
    assert rejection(ServiceSpec(), TrafficProfile(), SupabaseChoice()) is None


def test_a_tenth_of_a_vcpu_for_ten_at_once_has_alternatives_with_their_price() -> None:
    found = rejected(TENTH)
    assert [x.code for x in found.findings] == ["cpu-fraction-concurrency"]
    for each in found.alternatives:
        assert each.bill == estimate(each.proposal.spec, BUSY, SupabaseChoice())
        assert rejection(each.proposal.spec, BUSY, SupabaseChoice()) is None
    assert found.alternatives[-1].proposal.recommended


def test_text_says_the_rule_the_remedy_and_the_prices() -> None:
    text = "\n".join(line.text for line in rejected(TENTH).lines())
    said = " ".join(text.split())
    assert said.startswith("service.concurrency: An instance with 0.1 vCPU takes one request")
    assert "Set service.concurrency = 1" in said
    total = rejected(TENTH).alternatives[-1].bill.total
    assert f"The default (recommended) ${total:.2f} a month, $0.0909 for a busy hour" in said
    assert max(len(line) for line in text.splitlines()) <= 80


def test_an_alternative_that_refuses_requests_says_so() -> None:
    one = rejected(replace(TENTH, max_instances=1))
    text = " ".join(" ".join(line.text for line in one.lines()).split())
    assert one.alternatives[0].bill.use.rejected > 0
    assert "; refuses" in text


def test_json_says_the_same() -> None:
    read = json.loads(json.dumps(rejected(TENTH).to_json()))
    assert read["rejected"][0]["code"] == "cpu-fraction-concurrency"
    assert read["alternatives"][0]["changes"] == ["service.concurrency = 1"]
    assert read["alternatives"][-1]["service"]["memory"] == "512Mi"


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (service(region="us-westl1"), "region-unknown"),
        (service(min_instances=4, max_instances=3), "instances-order"),
        (service(max_instances=0), "instances-range"),
        (service(database=DatabaseSpec(compute="huge")), "database-compute"),
    ],
)
def test_other_values_without_a_price(spec: ServiceSpec, code: str) -> None:
    found = rejected(spec)
    assert code in [x.code for x in found.findings]
    assert found.alternatives == ()


def test_requests_that_outlast_the_timeout_are_refused() -> None:
    spec = replace(service(), timeout=Duration(60))
    check_length(TrafficProfile(latency=Decimal(60)), spec)
    with pytest.raises(ConfigError, match=r"takes 200 s, but .* after 60 s") as raised:
        check_length(TrafficProfile(latency=Decimal(200)), spec)
    assert "200ms" in raised.value.hint
