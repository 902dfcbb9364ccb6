"""When requests arrive: a curve of traffic as moments in milliseconds. Chance is an argument."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Final

from hipflask.cloudrun.cost.curve import Curve

HOUR_MS: Final = 3_600_000


def arrivals(
    requests: int, curve: Curve, *, slot_ms: int = HOUR_MS, random: Random | None = None
) -> Iterator[int]:
    """Yield the moments of one round of the curve, in order.

    With ``random`` they fall anywhere within their slot, as those of many independent visitors
    do; without, they are evenly spaced, which is the kindest traffic there is.
    """
    for slot, count in enumerate(_counts(requests, curve)):
        start = slot * slot_ms
        if random is None:
            for index in range(count):
                yield start + index * slot_ms // count
        else:
            yield from sorted(start + random.randrange(slot_ms) for _ in range(count))


def burst(requests: int, *, at_ms: int = 0, over_ms: int = 0) -> Iterator[int]:
    """Yield requests that come within a moment, evenly spaced."""
    for index in range(requests):
        yield at_ms + index * over_ms // requests


def _counts(requests: int, curve: Curve) -> Iterator[int]:
    """Divide requests among the slots as whole numbers whose sum is exact."""
    passed, given = Decimal(0), 0
    shares = curve.shares()
    for index, share in enumerate(shares):
        passed += share
        due = requests if index == len(shares) - 1 else int(passed * requests)
        yield due - given
        given = due
