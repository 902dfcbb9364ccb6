"""The traffic that is played against the simulator: a rate, or hours of a profile's month. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from heapq import merge
from itertools import takewhile
from random import Random
from typing import Any, Final

from hipflask.cloudrun.cost import amounts
from hipflask.cloudrun.cost.curve import Curve
from hipflask.cloudrun.cost.line import plain
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.cost.profile_text import read_count, read_time
from hipflask.cloudrun.prices import Metering
from hipflask.cloudrun.simulate.arrivals import HOUR_MS, arrivals, burst
from hipflask.errors import ConfigError

# About ten seconds of a laptop's time.
MOST: Final = 2_000_000
_LONGEST_S: Final = 31 * 24 * 3600
_RATE: Final = re.compile(r"([^/]+?)\s*(?:/\s*(s|min|h))?")
_SECONDS: Final = {None: 1, "s": 1, "min": 60, "h": 3600}


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What comes, and for how long: ``rate`` requests a second, or the profile's busiest hours.

    Beside that ``at_once`` requests come in the first moment.
    """

    duration_ms: int
    rate: Decimal | None = None
    at_once: int = 0

    def moments(self, profile: TrafficProfile, metering: Metering, random: Random) -> Iterator[int]:
        """Yield the moments of the requests, in order.

        Raises ConfigError for more requests than a simulation can play in reasonable time.
        """
        counted = self._count(profile, metering) + self.at_once
        if counted > MOST:
            raise ConfigError(
                f"{counted:,} requests are too many to play one by one; {MOST:,} are the most.",
                hint="Shorten --duration, or lower the traffic.",
            )
        return merge(burst(self.at_once), self._steady(profile, metering, random))

    def words(self, profile: TrafficProfile) -> str:
        """Return what comes, as in a sentence."""
        length = clock(self.duration_ms)
        crowd = f", and {self.at_once:,} at once in the first moment" if self.at_once else ""
        if self.rate is not None:
            return f"{amounts.quantity(self.rate)} requests a second for {length}{crowd}"
        month = amounts.requests(profile.requests)
        return f"{length} of a month of {month} requests, from its busiest hour on{crowd}"

    def to_json(self) -> dict[str, Any]:
        """Return it for machines."""
        rate = None if self.rate is None else plain(self.rate)
        return {"rate": rate, "duration_ms": self.duration_ms, "at_once": self.at_once}

    def _steady(self, profile: TrafficProfile, metering: Metering, random: Random) -> Iterator[int]:
        if self.rate is not None:
            total = _whole(self.rate * self.duration_ms / 1000)
            return arrivals(total, Curve.flat(), slot_ms=self.duration_ms, random=random)
        hours = self._hours(profile, metering)
        counted = self._count(profile, metering)
        if not counted:
            return iter(())
        comes = arrivals(counted, Curve(tuple(hours)), slot_ms=HOUR_MS, random=random)
        return takewhile(lambda moment: moment < self.duration_ms, comes)

    def _hours(self, profile: TrafficProfile, metering: Metering) -> list[Decimal]:
        """Return the requests of each hour that is at least partly played."""
        shares = profile.curve.shares()
        busiest = shares.index(max(shares))
        hours = -(-self.duration_ms // HOUR_MS)
        in_a_cycle = profile.requests / metering.month_hours * len(shares)
        return [in_a_cycle * shares[(busiest + hour) % len(shares)] for hour in range(hours)]

    def _count(self, profile: TrafficProfile, metering: Metering) -> int:
        if self.rate is not None:
            return _whole(self.rate * self.duration_ms / 1000)
        return _whole(sum(self._hours(profile, metering), Decimal(0)))


def read_traffic(*, duration: str, rate: str | None, at_once: str) -> Traffic:
    """Read the options as they are typed; raises one ConfigError that names all that is wrong."""
    problems: list[str] = []

    def read(name: str, text: str, expected: str) -> Decimal:
        readers = {"--duration": read_time, "--rate": _read_rate, "--at-once": read_count}
        try:
            return readers[name](text)
        except ValueError:
            problems.append(f"{name} is {text!r}, but must be {expected}.")
            return Decimal(1)

    seconds = read("--duration", duration, "a time such as 10min, 1h or 24h")
    each = None if rate is None else read("--rate", rate, "requests a second such as 5, or 300/min")
    crowd = read("--at-once", at_once, "a number such as 100")
    if not problems and not 1 <= seconds <= _LONGEST_S:
        problems.append("--duration must be between 1 second and 744h, the hours of a long month.")
    if problems:
        raise ConfigError("\n".join(problems))
    milliseconds = int((seconds * 1000).to_integral_value(ROUND_CEILING))
    return Traffic(duration_ms=milliseconds, rate=each, at_once=_whole(crowd))


def clock(milliseconds: int) -> str:
    """Write a length of time: ``1 h``, ``90 s``, ``1 h 30 min``."""
    seconds = milliseconds // 1000
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    parts = [(hours, "h"), (minutes, "min"), (rest, "s")]
    return " ".join(f"{amount} {unit}" for amount, unit in parts if amount) or "0 s"


def _read_rate(text: str) -> Decimal:
    match = _RATE.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    return read_count(match[1]) / _SECONDS[match[2]]


def _whole(amount: Decimal) -> int:
    return int(amount.to_integral_value(ROUND_HALF_UP))
