from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest

from hipflask.cloudrun.cost.curve import Curve
from hipflask.cloudrun.simulate.arrivals import HOUR_MS, arrivals, burst


@pytest.mark.parametrize("requests", [0, 1, 23, 24, 1000, 12_345])
@pytest.mark.parametrize("random", [None, Random(1)])
def test_all_requests_arrive_in_order(requests: int, random: Random | None) -> None:
    for curve in (Curve.flat(), Curve.office(), Curve.bell(width=Decimal(1))):
        moments = list(arrivals(requests, curve, random=random))
        assert len(moments) == requests
        assert moments == sorted(moments)
        assert all(0 <= moment < len(curve.weights) * HOUR_MS for moment in moments)


def test_hours_get_their_share() -> None:
    moments = list(arrivals(100, Curve.of_hours([1, 0, 3])))
    assert [sum(moment // HOUR_MS == hour for moment in moments) for hour in range(3)] == [
        25,
        0,
        75,
    ]


def test_the_same_seed_gives_the_same_visitors() -> None:
    first, second = (list(arrivals(50, Curve.flat(), random=Random(7))) for _ in range(2))
    assert first == second


def test_burst_is_spread_over_its_moment() -> None:
    assert list(burst(4, at_ms=10, over_ms=8)) == [10, 12, 14, 16]
    assert list(burst(3)) == [0, 0, 0]
