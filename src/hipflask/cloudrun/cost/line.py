"""One line of the bill: how much is used, what of it is free, what the rest costs."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

_CENT: Final = Decimal("0.01")
_ZERO: Final = Decimal(0)


class Beyond(enum.Enum):
    """What happens beyond the free or included amount."""

    CHARGED = "charged"
    STOPS = "stops"


class Growth(enum.Enum):
    """How the used amount follows the traffic."""

    FIXED = "fixed"
    LINEAR = "linear"
    MODELLED = "modelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A thing that is counted. ``code`` is its stable name, such as ``cloud_run.cpu``."""

    code: str
    service: str
    item: str
    unit: str
    used: Decimal
    # What the month includes at no extra cost; None where nothing is included.
    free: Decimal | None = None
    # Dollars for one unit.
    price: Decimal = _ZERO
    # Where the free part is a discount in dollars, its amount at most; else it is `free` units.
    discount_limit: Decimal | None = None
    beyond: Beyond = Beyond.CHARGED
    growth: Growth = Growth.FIXED

    @property
    def gross(self) -> Decimal:
        """Dollars before anything is free."""
        return self.used * self.price

    @property
    def discount(self) -> Decimal:
        """Dollars that the free part takes off."""
        if self.discount_limit is not None:
            return min(self.gross, self.discount_limit)
        return min(self.used, self.free or _ZERO) * self.price

    @property
    def cost(self) -> Decimal:
        """Dollars to pay. Nothing, where the service stops instead of charging."""
        return _ZERO if self.stops else self.gross - self.discount

    @property
    def stops(self) -> bool:
        """Whether the service stops beyond the free amount instead of charging."""
        return self.beyond is Beyond.STOPS

    @property
    def used_share(self) -> Decimal | None:
        """Which part of the free amount is used: 1 = all of it; None where nothing is free."""
        if self.free is None or not self.free:
            return None
        return self.used / self.free

    @property
    def is_exceeded(self) -> bool:
        """Whether more is used than is free or included."""
        return self.free is not None and self.used > self.free

    def to_json(self) -> dict[str, Any]:
        """Return the line for machines; amounts are text, exactly as computed."""
        return {
            "code": self.code,
            "service": self.service,
            "item": self.item,
            "unit": self.unit,
            "used": plain(self.used),
            "free": None if self.free is None else plain(self.free),
            "price": plain(self.price),
            "gross": plain(self.gross),
            "discount": plain(self.discount),
            "cost": plain(self.cost),
            "exceeded": self.is_exceeded,
            "beyond": self.beyond.value,
        }


def cents(amount: Decimal) -> Decimal:
    """Round to cents, for display only."""
    return amount.quantize(_CENT, ROUND_HALF_UP)


def plain(amount: Decimal) -> str:
    """Write an amount without an exponent and without zeros at its end."""
    text = f"{amount:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
