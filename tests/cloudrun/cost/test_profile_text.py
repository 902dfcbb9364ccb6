from __future__ import annotations

from dataclasses import fields
from decimal import Decimal

import pytest

from hipflask.cloudrun.cost.curve import Curve
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.cost.profile_text import profile_parts, read_hours, read_profile
from hipflask.errors import ConfigError


def test_nothing_given_is_the_base() -> None:
    base = TrafficProfile(requests=Decimal(7))
    assert read_profile({}) == TrafficProfile()
    assert read_profile({}, base) == base


def test_every_part_can_be_written() -> None:
    assert set(profile_parts()) == {field.name for field in fields(TrafficProfile)}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("requests", "1.5M", "1500000"),
        ("requests", 250_000, "250000"),
        ("requests", "1_000_000", "1000000"),
        ("requests", "1,000,000", "1000000"),
        ("requests", 1e7, "10000000"),
        ("users", "50k", "50000"),
        ("latency", "200ms", "0.2"),
        ("latency", "200 ms", "0.2"),
        ("latency", Decimal("0.25"), "0.25"),
        ("startup", "2s", "2"),
        ("instance_seconds", "50h", "180000"),
        ("response_size", "20kB", "20000"),
        ("file_size", "1.5GiB", "1610612736"),
        ("free_share", ".5", "0.5"),
    ],
)
def test_amounts_as_people_write_them(name: str, text: object, value: str) -> None:
    assert getattr(read_profile({name: text}), name) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "curve"),
    [
        ("flat", Curve.flat()),
        ("office", Curve.office()),
        ("bell", Curve.bell(width=Decimal(3))),
        ("bell:1.5", Curve.bell(width=Decimal("1.5"))),
        ("bell:1.5@20", Curve.bell(width=Decimal("1.5"), peak_hour=Decimal(20))),
        ("1, 2,3k".replace(" ", ""), Curve.of_hours([1, 2, 3000])),
        ([0, 5], Curve.of_hours([0, 5])),
    ],
)
def test_curves_as_people_write_them(text: object, curve: Curve) -> None:
    assert read_profile({"curve": text}).curve == curve


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("requests", "many"),
        ("requests", "-5"),
        ("requests", "1e9"),
        ("requests", True),
        ("requests", None),
        ("requests", float("nan")),
        ("requests", ""),
        ("latency", "200 kB"),
        ("response_size", "3s"),
        ("curve", "peaky"),
        ("curve", "bell:0"),
        ("curve", "1,x"),
        ("curve", [0, 0]),
        ("curve", 5),
    ],
)
def test_what_is_wrong_is_named_with_what_belongs_there(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"{name} is .*, but must be"):
        read_profile({name: value})


def test_all_mistakes_come_at_once_and_names_are_guessed() -> None:
    with pytest.raises(ConfigError) as raised:
        read_profile({"request": 5, "latency": "slow"})
    assert "Did you mean requests?" in raised.value.message
    assert "latency is 'slow'" in raised.value.message


def test_what_fits_together_is_checked_too() -> None:
    with pytest.raises(ConfigError, match="CPU"):
        read_profile({"cpu": "3s"})


def test_a_short_request_needs_no_more_cpu_than_it_takes() -> None:
    assert read_profile({"latency": "5ms"}).cpu == Decimal("0.005")
    assert read_profile({"latency": "500ms"}).cpu == TrafficProfile().cpu
    with pytest.raises(ConfigError, match="CPU"):
        read_profile({"latency": "5ms", "cpu": "20ms"})


def test_more_requests_than_anybody_has_are_refused() -> None:
    assert read_profile({"requests": "1000B"}).requests == 10**12
    with pytest.raises(ConfigError, match="trillion"):
        read_profile({"requests": "1001B"})


def test_a_mistake_is_named_as_the_reader_calls_it() -> None:
    with pytest.raises(ConfigError, match="--cpu-time is '1GB', but must be a time") as raised:
        read_profile({"cpu": "1GB"}, names={"cpu": "--cpu-time"})
    assert not raised.value.hint


@pytest.mark.parametrize("text", ["10,20", "10 20", "10\n20\n", "10, 20,", "0.01k;20"])
def test_requests_hour_by_hour_are_a_month_and_a_curve(text: str) -> None:
    assert read_hours(text) == (Decimal(15 * 730), Curve.of_hours([10, 20]))


@pytest.mark.parametrize("text", ["", "1,x", "0,0", "-1"])
def test_hours_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        read_hours(text)
