"""How a month's requests are spread over the hours. Exact weights; a cycle repeats all month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hipflask.errors import ConfigError

HOURS_A_DAY = 24


@dataclass(frozen=True, slots=True)
class Curve:
    """Weights of equally long slots, one cycle: 24 for the hours of a day, 168 for a week's."""

    weights: tuple[Decimal, ...]

    def __post_init__(self) -> None:
        if not self.weights or len(self.weights) > 8784:
            raise ConfigError("A traffic curve needs 1 to 8784 hours.")
        if any(not weight.is_finite() or weight < 0 for weight in self.weights):
            raise ConfigError("The hours of a traffic curve must be 0 or more.")
        if not any(self.weights):
            raise ConfigError("A traffic curve needs at least one hour with traffic.")

    @classmethod
    def flat(cls) -> Curve:
        """The same in every hour."""
        return cls((Decimal(1),))

    @classmethod
    def of_hours(cls, requests: Sequence[int | str | Decimal]) -> Curve:
        """Take requests (or any weights) hour by hour; the sequence repeats all month."""
        try:
            return cls(tuple(Decimal(amount) for amount in requests))
        except (ArithmeticError, TypeError, ValueError) as error:
            raise ConfigError("The hours of a traffic curve must be numbers.") from error

    @classmethod
    def bell(cls, *, width: Decimal, peak_hour: Decimal = Decimal(14)) -> Curve:
        """A day with one peak: a normal distribution around ``peak_hour``, wrapped at midnight.

        ``width`` is its standard deviation in hours: two thirds of the requests fall within one
        width of the peak.
        """
        if not width.is_finite() or width <= 0:
            raise ConfigError("The width of a bell curve must be above 0 hours.")
        weights = []
        for hour in range(HOURS_A_DAY):
            apart = abs(Decimal(hour) - peak_hour) % HOURS_A_DAY
            apart = min(apart, HOURS_A_DAY - apart)
            weights.append((-(apart * apart) / (2 * width * width)).exp())
        return cls(tuple(weights))

    @classmethod
    def office(cls) -> Curve:
        """A day as small products see it: quiet nights, a plateau from nine to ten at night.

        A judgement, not a measurement.
        """
        night, edge, day = Decimal(1), Decimal(4), Decimal(10)
        hours = [night] * 7 + [edge] * 2 + [day] * 13 + [edge] * 2
        return cls(tuple(hours))

    def shares(self) -> tuple[Decimal, ...]:
        """Return each slot's part of the cycle's requests; together 1."""
        total = sum(self.weights, Decimal(0))
        return tuple(weight / total for weight in self.weights)

    @property
    def peak_to_mean(self) -> Decimal:
        """How much busier the busiest slot is than the average one."""
        return max(self.shares()) * len(self.weights)
