from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest

from hipflask.cloudrun.cost.curve import Curve
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.simulate.arrivals import HOUR_MS
from hipflask.cloudrun.simulate.traffic import MOST, Traffic, clock, read_traffic
from hipflask.errors import ConfigError
from tests.cloudrun.cost.services import METERING, traffic


def moments(given: Traffic, profile: TrafficProfile, seed: int = 1) -> list[int]:
    return list(given.moments(profile, METERING, Random(seed)))


def test_a_rate_is_played_for_its_time() -> None:
    given = read_traffic(duration="10min", rate="300/min", at_once="0")
    played = moments(given, traffic(0))
    assert len(played) == 3_000
    assert played == sorted(played)
    assert 590_000 < played[-1] < 600_000


@pytest.mark.parametrize(
    ("text", "rate"),
    [("5", "5"), ("0.5", "0.5"), ("5/s", "5"), ("300/min", "5"), ("18k/h", "5"), ("18k / h", "5")],
)
def test_rates_as_people_write_them(text: str, rate: str) -> None:
    assert read_traffic(duration="1h", rate=text, at_once="0").rate == Decimal(rate)


def test_a_crowd_comes_in_the_first_moment() -> None:
    given = read_traffic(duration="1min", rate="1", at_once="50")
    played = moments(given, traffic(0))
    assert (len(played), played[:50]) == (110, [0] * 50)


def test_without_a_rate_it_is_the_busiest_hour_of_the_month() -> None:
    hours = [0] * 24
    hours[20], hours[21] = 100, 10
    profile = traffic(730 * 110 // 24, curve=Curve.of_hours(hours))
    first = moments(read_traffic(duration="1h", rate=None, at_once="0"), profile)
    assert len(first) == 100
    two = moments(read_traffic(duration="2h", rate=None, at_once="0"), profile)
    assert [sum(at < HOUR_MS for at in two), sum(at >= HOUR_MS for at in two)] == [100, 10]
    # A day holds every hour once, whichever it begins with.
    assert len(moments(read_traffic(duration="24h", rate=None, at_once="0"), profile)) == 110


def test_part_of_an_hour_has_part_of_its_requests() -> None:
    profile = traffic(7_300_000)
    played = moments(read_traffic(duration="6min", rate=None, at_once="0"), profile)
    assert 900 < len(played) < 1_100
    assert max(played) < 360_000


def test_no_traffic_is_no_mistake() -> None:
    assert moments(read_traffic(duration="1h", rate=None, at_once="0"), traffic(0)) == []
    assert moments(read_traffic(duration="1h", rate="0", at_once="0"), traffic(0)) == []


def test_a_seed_gives_the_same_again_and_another_one_something_else() -> None:
    given = read_traffic(duration="1min", rate="5", at_once="0")
    assert moments(given, traffic(0), 3) == moments(given, traffic(0), 3)
    assert moments(given, traffic(0), 3) != moments(given, traffic(0), 4)


def test_more_than_can_be_played_is_refused_with_the_number() -> None:
    given = read_traffic(duration="24h", rate="1000", at_once="0")
    with pytest.raises(ConfigError, match="86,400,000 requests are too many"):
        moments(given, traffic(0))
    assert len(moments(Traffic(duration_ms=1, at_once=MOST), traffic(0))) == MOST


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("--duration", {"duration": "long"}),
        ("--duration", {"duration": "0s"}),
        ("--duration", {"duration": "800h"}),
        ("--rate", {"rate": "fast"}),
        ("--rate", {"rate": "5/day"}),
        ("--at-once", {"at_once": "-3"}),
    ],
)
def test_what_is_wrong_is_named(name: str, given: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=f"^{name} "):
        read_traffic(**{"duration": "1h", "rate": None, "at_once": "0", **given})  # type: ignore[arg-type]


def test_what_comes_is_said() -> None:
    day = read_traffic(duration="24h", rate=None, at_once="0")
    assert day.words(traffic(1_000_000)) == (
        "24 h of a month of 1 million requests, from its busiest hour on"
    )
    rate = read_traffic(duration="90s", rate="20", at_once="1k")
    assert rate.words(traffic(0)) == (
        "20 requests a second for 1 min 30 s, and 1,000 at once in the first moment"
    )
    assert clock(500) == "0 s"
