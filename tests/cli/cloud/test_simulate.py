"""`hipflask cloud simulate`, from the command line to what happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.cloud.conftest import Command
from tests.cli.conftest import run_hipflask


def test_it_plays_the_busiest_hour_before_anything_is_set_up(hipflask: Command) -> None:
    said = hipflask("cloud", "simulate", "--requests", "1M")
    assert said.code == 0
    assert "Playing 1 h of a month of 1 million requests, from its busiest hour on" in said.err
    lines = said.out.splitlines()
    assert lines[0].endswith("requests in 01:00:00")
    assert "A month like this costs $" in said.out
    assert "  Documented: " in said.out
    assert "  Assumed: " in said.out
    assert lines[-1].startswith("No request was refused")
    assert max(len(line) for line in lines) <= 80


def test_a_crowd_beyond_the_maximum_is_refused_and_it_is_said(hipflask: Command) -> None:
    said = hipflask(
        *("cloud", "simulate", "--rate", "1", "--duration", "1min", "--at-once", "1000"),
        *("--latency", "1s", "--concurrency", "1", "--max-instances", "2"),
    )
    assert said.code == 0
    assert "Next: raise max_instances or concurrency" in said.out.splitlines()[-1]
    assert "Refused, 429" in said.out


def test_json_has_what_was_played_and_what_happened(hipflask: Command, project: Path) -> None:
    played = ("--rate", "5", "--duration", "10min", "--seed", "7", "--format", "json")
    said = hipflask("cloud", "simulate", *played)
    read = said.json
    assert read["traffic"] == {"rate": "5", "duration_ms": 600_000, "at_once": 0, "seed": 7}
    assert read["requests"]["arrived"] == read["requests"]["served"] == 3_000
    assert read["service"]["max_instances"] == 3
    assert float(read["month_like_this"]) > 0
    assert len(read["assumptions"]) == 2
    assert hipflask("cloud", "simulate", *played).json == read
    other = ("--rate", "5", "--duration", "10min", "--seed", "8", "--format", "json")
    assert hipflask("cloud", "simulate", *other).json != read


def test_a_slow_start_makes_visitors_wait(hipflask: Command) -> None:
    quick, slow = (
        hipflask("cloud", "simulate", "--rate", "1", "--startup", startup, "-o", "json").json
        for startup in ("1s", "6s")
    )
    assert slow["response_ms"]["p100"] - quick["response_ms"]["p100"] == 5_000


def test_a_minimum_instance_spares_the_first_visitor_the_start(hipflask: Command) -> None:
    calm = ("cloud", "simulate", "--rate", "1", "--duration", "1min", "-o", "json")
    assert hipflask(*calm).json["response_ms"]["p100"] > 2_000
    assert hipflask(*calm, "--min-instances", "1").json["response_ms"]["p100"] < 500


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--rate", "fast"), "--rate is 'fast', but must be requests a second such as 5"),
        (("--duration", "long"), "--duration is 'long', but must be a time such as"),
        (("--at-once", "x"), "--at-once is 'x', but must be a number such as 100."),
        (("--latency", "x"), "--latency is 'x', but must be a time"),
        (("--rate", "1000", "--duration", "24h"), "86,400,000 requests are too many to play"),
        (("--cpu", "0.5"), "Cloud Run rejects this service"),
    ],
)
def test_bad_input_is_a_sentence(hipflask: Command, arguments: tuple[str, ...], said: str) -> None:
    outcome = hipflask("cloud", "simulate", *arguments)
    assert (outcome.code, outcome.out) == (1, "")
    assert said in outcome.err


def test_help_begins_with_an_example(hipflask: Command) -> None:
    said = hipflask("cloud", "simulate", "--help").out
    assert said.index("Example: hipflask cloud simulate") < said.index("Played:")
    assert len(said.splitlines()) <= 48


def test_as_a_program_of_its_own(folder: Path) -> None:
    outcome = run_hipflask(folder, "cloud", "simulate", "--rate", "2", "--format", "json")
    assert outcome.code == 0
    assert outcome.out.startswith("{")
