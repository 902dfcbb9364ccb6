"""Shares of the traffic as people type them."""

from __future__ import annotations

import pytest

from hipflask.cli.cloud.traffic import read_shares
from hipflask.errors import DeployError
from tests.cloudrun.running import running

SERVICE = running()
NEWEST = "corner-shop-00001-abc1234"


@pytest.mark.parametrize(
    ("parts", "shares"),
    [
        (("50",), {NEWEST: 50}),
        (("50%",), {NEWEST: 50}),
        (("0",), {NEWEST: 0}),
        (("shop-00001-a=100",), {"shop-00001-a": 100}),
        (("30", "shop-00001-a=70%"), {NEWEST: 30, "shop-00001-a": 70}),
    ],
)
def test_reads_shares(parts: tuple[str, ...], shares: dict[str, int]) -> None:
    assert read_shares(parts, SERVICE) == shares


@pytest.mark.parametrize(
    "part", ["", "all", "-1", "101", "1.5", "shop=", "shop=many", "50%%", "²", "=", "=50", "٥٠"]
)
def test_what_is_no_share_is_refused(part: str) -> None:
    with pytest.raises(DeployError, match="is no share"):
        read_shares((part,), SERVICE)


@pytest.mark.parametrize("parts", [("50", "60"), ("a=50", "a=60"), ("20", f"{NEWEST}=30")])
def test_share_that_is_said_twice_is_refused(parts: tuple[str, ...]) -> None:
    with pytest.raises(DeployError, match="has two shares"):
        read_shares(parts, SERVICE)


def test_more_than_everything_is_refused() -> None:
    with pytest.raises(DeployError, match="sum to 110 %"):
        read_shares(("a=50", "b=60"), SERVICE)


def test_number_alone_needs_a_candidate() -> None:
    with pytest.raises(DeployError, match="No revision has the tag candidate"):
        read_shares(("50",), running(traffic=[]))
