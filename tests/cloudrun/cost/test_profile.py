from __future__ import annotations

from decimal import Decimal

import pytest

from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.errors import ConfigError
from tests.cloudrun.cost.services import traffic


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"requests": "-1"}, "requests"),
        ({"latency": "NaN"}, "latency"),
        ({"latency": "0", "cpu": "0"}, "latency"),
        ({"cpu": "0.3"}, "CPU works for 300 ms .* takes 200 ms"),
        ({"image_size": "-5"}, "image_size"),
        ({"free_share": "1.5"}, "free_share"),
        ({"shared_by": "0.5"}, "shared_by"),
        ({"shared_by": "2", "instance_seconds": "2"}, "not both"),
    ],
)
def test_impossible_profiles_are_refused(wrong: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        TrafficProfile(**{name: Decimal(value) for name, value in wrong.items()})  # type: ignore[arg-type]


def test_growth_takes_users_along_but_not_data() -> None:
    small = TrafficProfile(download_size=Decimal(10), instance_seconds=Decimal(100))
    large = small.with_requests(small.requests * 3)
    assert large.users == small.users * 3
    assert large.download_size == 30
    assert large.instance_seconds == 300
    assert (large.file_size, large.builds) == (small.file_size, small.builds)


def test_growth_from_nothing_takes_nothing_along() -> None:
    assert traffic(0, users=7).with_requests(Decimal(50)).users == 7


def test_a_tenth_of_a_cpu_takes_ten_times_as_long_for_its_part() -> None:
    profile = traffic(1, latency="0.2", cpu="0.02")
    assert profile.service_time(Decimal(1)) == Decimal("0.2")
    assert profile.service_time(Decimal("0.1")) == Decimal("0.38")
    assert profile.service_time(Decimal(4)) == Decimal("0.2")
