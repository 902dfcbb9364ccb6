"""Which memory goes with which CPU: the table of Google's pages, line by line."""

from __future__ import annotations

import pytest

from hipflask.cloudrun.limits import is_allowed, memory_range, nearest_cpus
from hipflask.cloudrun.quantities import Cpu, Memory
from tests.cloudrun.specs import codes, spec


@pytest.mark.parametrize(
    ("cpu", "least", "most"),
    [
        ("0.08", "128Mi", "512Mi"),
        ("0.499", "128Mi", "512Mi"),
        ("0.5", "128Mi", "1Gi"),
        ("0.999", "128Mi", "1Gi"),
        ("1", "128Mi", "4Gi"),
        ("2", "128Mi", "8Gi"),
        ("4", "2Gi", "16Gi"),
        ("6", "4Gi", "24Gi"),
        ("8", "4Gi", "32Gi"),
    ],
)
def test_cpu_has_its_range(cpu: str, least: str, most: str) -> None:
    found = memory_range(Cpu.parse(cpu))
    assert (found.least, found.most) == (Memory.parse(least), Memory.parse(most))


@pytest.mark.parametrize(
    ("cpu", "near"),
    [
        ("0.079", ["0.08"]),
        ("0.08", ["0.08"]),
        ("1.2", ["1", "2"]),
        ("3", ["2", "4"]),
        ("7", ["6", "8"]),
        ("9", ["8"]),
    ],
)
def test_finds_the_neighbours(cpu: str, near: list[str]) -> None:
    assert [str(each) for each in nearest_cpus(Cpu.parse(cpu))] == near


def test_every_thousandth_below_one_is_allowed() -> None:
    allowed = [millis for millis in range(1, 10_001) if is_allowed(Cpu(millis))]
    assert allowed == [*range(80, 1001), 2000, 4000, 6000, 8000]


def test_zero_concurrency_is_the_default_and_no_mistake() -> None:
    assert codes(spec(concurrency=0)) == ["concurrency-unset"]


def test_long_requests_are_fine_without_hosting() -> None:
    assert codes(spec(timeout=spec().timeout)) == []
