"""Amounts as people write them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hipflask.cloudrun.quantities import Cpu, Duration, Memory, QuantityError

MI = 1024**2


@pytest.mark.parametrize(
    ("given", "millis"),
    [
        ("0.1", 100),
        ("100m", 100),
        (1, 1000),
        ("1", 1000),
        (0.1, 100),
        (0.167, 167),
        (Decimal("0.08"), 80),
        ("1.0", 1000),
        ("1000m", 1000),
        (8, 8000),
        (" 2 ", 2000),
        ("3", 3000),
    ],
)
def test_reads_cpu(given: object, millis: int) -> None:
    assert Cpu.parse(given) == Cpu(millis)


@pytest.mark.parametrize(
    "given",
    ["", "lots", "0", 0, -1, "-1", "0.0001", "1 vCPU", True, None, "nan", "inf", "0m", [], "1e99"],
)
def test_refuses_cpu(given: object) -> None:
    with pytest.raises(QuantityError, match="vCPUs"):
        Cpu.parse(given)


@pytest.mark.parametrize(
    ("millis", "shown"), [(100, "0.1"), (167, "0.167"), (1000, "1"), (8000, "8"), (10000, "10")]
)
def test_shows_cpu(millis: int, shown: str) -> None:
    assert str(Cpu(millis)) == shown


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ("128Mi", 128 * MI),
        ("512M", 512_000_000),
        ("1Gi", 1024 * MI),
        ("1G", 10**9),
        ("1.5Gi", 1536 * MI),
        ("512 MiB", 512 * MI),
        ("512MB", 512_000_000),
        ("131072Ki", 128 * MI),
    ],
)
def test_reads_memory(given: str, size: int) -> None:
    assert Memory.parse(given) == Memory(size)


@pytest.mark.parametrize(
    "given", ["", "512", 512, "512mi", "512m", "-1Gi", "0Mi", "12x", None, True, "1.0000001Ki"]
)
def test_refuses_memory(given: object) -> None:
    with pytest.raises(QuantityError, match="512Mi"):
        Memory.parse(given)


@pytest.mark.parametrize(
    ("given", "shown"),
    [("1024Mi", "1Gi"), ("512Mi", "512Mi"), ("1.5Gi", "1536Mi"), ("512M", "512M"), ("1G", "1G")],
)
def test_shows_memory(given: str, shown: str) -> None:
    assert str(Memory.parse(given)) == shown
    assert Memory.parse(shown) == Memory.parse(given)


def test_knows_decimal_memory() -> None:
    assert Memory.parse("512Mi").is_binary
    assert not Memory.parse("512M").is_binary


def test_memory_is_charged_by_the_gib() -> None:
    assert Memory.mebi(128).gibibytes == Decimal("0.125")


@pytest.mark.parametrize(
    ("given", "seconds"),
    [(300, 300), ("300", 300), ("300s", 300), ("5m", 300), ("1h", 3600), ("1m30s", 90), (0, 0)],
)
def test_reads_a_duration(given: object, seconds: int) -> None:
    assert Duration.parse(given) == Duration(seconds)


@pytest.mark.parametrize("given", ["", "soon", -1, "0.5s", 0.5, True, None, "1d", "30s1m"])
def test_refuses_a_duration(given: object) -> None:
    with pytest.raises(QuantityError, match="seconds"):
        Duration.parse(given)


def test_amounts_have_an_order() -> None:
    assert Cpu.parse("0.5") < Cpu.parse(1)
    assert Memory.parse("512M") < Memory.parse("512Mi")
