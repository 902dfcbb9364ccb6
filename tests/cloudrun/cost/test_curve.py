from __future__ import annotations

from decimal import Decimal

import pytest

from hipflask.cloudrun.cost.curve import Curve
from hipflask.errors import ConfigError


def test_shares_are_the_whole() -> None:
    for curve in (Curve.flat(), Curve.office(), Curve.bell(width=Decimal(3))):
        assert abs(sum(curve.shares()) - 1) < Decimal("1e-25")


def test_bell_has_its_peak_at_the_hour_and_is_even_around_it() -> None:
    shares = Curve.bell(width=Decimal(2), peak_hour=Decimal(14)).shares()
    assert max(shares) == shares[14]
    assert shares[12] == shares[16]


def test_bell_wraps_at_midnight() -> None:
    shares = Curve.bell(width=Decimal(2), peak_hour=Decimal(0)).shares()
    assert shares[23] == shares[1]


def test_a_wide_bell_is_flat() -> None:
    assert Curve.bell(width=Decimal(10_000)).peak_to_mean < Decimal("1.001")


def test_hours_are_taken_as_they_are() -> None:
    assert Curve.of_hours([1, "3", Decimal("0")]).shares() == (
        Decimal("0.25"),
        Decimal("0.75"),
        Decimal(0),
    )


@pytest.mark.parametrize(
    "hours", [[], [0, 0], [1, -1], ["NaN"], ["Infinity"], ["much"], [None], [1] * 8785]
)
def test_bad_hours_are_refused(hours: list[object]) -> None:
    with pytest.raises(ConfigError, match="traffic curve"):
        Curve.of_hours(hours)  # type: ignore[arg-type]


@pytest.mark.parametrize("width", ["0", "-1", "NaN"])
def test_bad_width_is_refused(width: str) -> None:
    with pytest.raises(ConfigError, match="width"):
        Curve.bell(width=Decimal(width))
