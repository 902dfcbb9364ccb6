"""Proposals for thousands of sizes: each is valid, and its lines lead to it."""

from __future__ import annotations

import random
import tomllib
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from hipflask.cloudrun.flags import sizing_flags
from hipflask.cloudrun.nearest import Proposal, nearest
from hipflask.cloudrun.quantities import Cpu, Duration, Memory
from hipflask.cloudrun.setting_types import convert
from hipflask.cloudrun.spec import Billing, ExecutionEnvironment, ServiceSpec
from hipflask.cloudrun.spec_file import settings
from hipflask.cloudrun.validate import Context, validate
from tests.cloudrun.specs import GOOD, spec

CPUS = [1, 50, 79, 80, 100, 167, 499, 500, 999, 1000, 1001, 1500, 2000, 3000, 4000, 5000, 6000]
CPUS += [7500, 8000, 9000, 96_000]
MEMORIES = [1, 64, 127, 128, 256, 511, 512, 513, 1024, 1025, 2048, 4096, 4097, 8192, 16384, 32768]
MEMORIES += [32769, 65536]
KINDS = [
    (billing, generation) for billing in Billing for generation in (None, *ExecutionEnvironment)
]


def sizes(seed: int, count: int) -> list[ServiceSpec]:
    """Specs whose size is drawn from the edges of every rule."""
    draw = random.Random(seed)
    return [
        replace(
            GOOD,
            cpu=Cpu(draw.choice(CPUS)),
            memory=Memory(draw.choice(MEMORIES) * draw.choice([1024**2, 1024**2, 10**6])),
            concurrency=draw.choice([None, -5, 0, 1, 2, 10, 80, 250, 1000, 1001]),
            billing=(kind := draw.choice(KINDS))[0],
            execution_environment=kind[1],
            workers=draw.choice([1, 1, 2, 8, 0]),
            threads=draw.choice([1, 8, 16, 0]),
            timeout=Duration(draw.choice([0, 60, 3600, 9999])),
            port=draw.choice([8080, 8080, 0, 70000]),
            region=draw.choice(["us-west1", "europe-west3"]),
            max_instances=6,
        )
        for _ in range(count)
    ]


def errors(given: ServiceSpec) -> list[str]:
    return [finding.code for finding in validate(given, Context()) if finding.is_error]


@pytest.mark.parametrize("seed", range(20))
def test_every_proposal_validates_clean(seed: int) -> None:
    for given in sizes(seed, 150):
        proposals = nearest(given)
        assert bool(proposals) == bool(errors(given)), given
        for proposal in proposals:
            assert not errors(proposal.spec), (given, proposal)


@pytest.mark.parametrize("seed", range(20, 25))
def test_written_lines_lead_to_the_proposal(seed: int) -> None:
    for given in sizes(seed, 100):
        for proposal in nearest(given):
            assert sizing_flags(written(given, proposal)) == proposal.flags


def written(given: ServiceSpec, proposal: Proposal) -> ServiceSpec:
    """The spec after somebody wrote the proposal's lines into the file."""
    changed: dict[str, Any] = {}
    for line in proposal.changes:
        setting, _, value = line.partition(" = ")
        read = tomllib.loads(f"value = {value}", parse_float=Decimal)["value"]
        changed[setting.removeprefix("service.")] = convert(settings()[setting], read)
    return replace(given, **changed)


@pytest.mark.parametrize("seed", range(25, 30))
def test_proposals_differ_and_one_is_recommended(seed: int) -> None:
    for given in sizes(seed, 100):
        proposals = nearest(given)
        assert len({proposal.flags for proposal in proposals}) == len(proposals)
        assert len([proposal for proposal in proposals if proposal.recommended]) <= 1
        if proposals:
            assert proposals[-1].recommended
        for proposal in proposals:
            assert proposal.title
            assert proposal.comment
            assert proposal.price is not None
            assert proposal.price_of_a_busy_hour == proposal.price * 3600


def test_valid_spec_needs_none() -> None:
    assert nearest(GOOD) == []


def test_names_are_not_its_business() -> None:
    assert nearest(spec(name="Not A Name")) == []


def test_keeps_the_memory_with_more_cpu_or_the_cpu_with_less_memory() -> None:
    flags = [proposal.flags[:2] for proposal in nearest(spec(memory=Memory.mebi(6144)))]
    assert flags == [("--cpu=2", "--memory=6Gi"), ("--cpu=1", "--memory=4Gi")]


def test_offers_the_neighbours_of_a_cpu_that_is_not_there() -> None:
    flags = {proposal.flags[0] for proposal in nearest(spec(cpu=Cpu(3000)))}
    assert flags == {"--cpu=1", "--cpu=2", "--cpu=4"}


@pytest.mark.parametrize(
    ("workers", "memory", "recommended"),
    [(1, 512, "1"), (2, 512, "2"), (3, 512, "4"), (1, 6144, "2"), (1, 16384, "4")],
)
def test_recommends_no_cpu_that_nobody_uses(workers: int, memory: int, recommended: str) -> None:
    given = spec(cpu=Cpu(3000), workers=workers, memory=Memory.mebi(memory))
    assert nearest(given)[-1].flags[0] == f"--cpu={recommended}"


def test_too_many_requests_at_once_become_as_many_as_the_server_works_on() -> None:
    assert nearest(spec(concurrency=1001))[-1].changes == ("service.concurrency = 16",)


def test_half_a_cpu_is_cheaper_for_one_request() -> None:
    half = spec(cpu=Cpu(500), concurrency=10)
    assert "from about 2 requests at once" in nearest(half)[-1].comment


def test_offers_the_first_generation_to_little_memory() -> None:
    small = spec(memory=Memory.mebi(256), execution_environment=ExecutionEnvironment.GEN2)
    proposals = nearest(small)
    kept = next(proposal for proposal in proposals if "--memory=256Mi" in proposal.flags)
    assert "--execution-environment=gen1" in kept.flags
    assert 'service.execution_environment = "gen1"' in kept.changes


def test_unknown_region_has_no_price() -> None:
    proposals = nearest(spec(region="moon-west1", cpu=Cpu(1500)))
    assert [proposal.price for proposal in proposals] == [None] * len(proposals)
    assert proposals


def test_price_follows_the_region_and_the_billing() -> None:
    dear = nearest(spec(region="us-west2", cpu=Cpu(1500)))[-1]
    cheap = nearest(spec(region="us-west1", cpu=Cpu(1500)))[-1]
    assert dear.price is not None
    assert cheap.price is not None
    assert dear.price == cheap.price * Decimal("1.4")
