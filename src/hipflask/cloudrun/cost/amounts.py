"""Amounts as people read them: rounded here, and only here."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from hipflask.cloudrun.cost.line import cents
from hipflask.cloudrun.quantities import Memory


def dollars(amount: Decimal) -> str:
    """Write ``$1,234.50``; a cost too small for a cent is not written as nothing."""
    if 0 < amount < Decimal("0.005"):
        return "<$0.01"
    return f"${cents(amount):,}"


def quantity(amount: Decimal) -> str:
    """Write an amount with the digits that matter: ``14,203``, ``1.86``, ``0.093``."""
    if amount >= 100 or amount == amount.to_integral_value():
        return f"{amount.quantize(Decimal(1), ROUND_HALF_UP):,}"
    if amount >= 1:
        return f"{amount.quantize(Decimal('0.01'), ROUND_HALF_UP).normalize():f}"
    if amount < Decimal("0.0005"):
        return "<0.001"
    return f"{amount.quantize(Decimal('0.001'), ROUND_HALF_UP).normalize():f}"


def percent(share: Decimal) -> str:
    """Write a part as ``11 %``; a little is not nothing, and almost all is not all."""
    whole = (share * 100).quantize(Decimal(1), ROUND_HALF_UP)
    if 0 < share < Decimal("0.005"):
        return "<1 %"
    if share < 1 and whole == 100:
        return "99 %"
    if share > 1 and whole == 100:
        return ">100 %"
    return f"{whole:,} %"


def seconds(amount: Decimal) -> str:
    """Write ``200 ms`` or ``2.5 s``."""
    if amount < 1:
        return f"{quantity(amount * 1000)} ms"
    return f"{quantity(amount)} s"


_SIZES: Final = ((Decimal(10**12), "TB"), (Decimal(10**9), "GB"), (Decimal(10**6), "MB"))


def size(amount: Decimal) -> str:
    """Write bytes as ``20 kB``, ``1.5 GB``."""
    for step, unit in _SIZES:
        if amount >= step:
            return f"{quantity(amount / step)} {unit}"
    return f"{quantity(amount / 1000)} kB" if amount >= 1000 else f"{quantity(amount)} bytes"


def counted(number: Decimal, noun: str) -> str:
    """Write ``1 user``, ``1,000 users``; things are counted in whole numbers."""
    whole = number.quantize(Decimal(1), ROUND_HALF_UP)
    return f"{whole:,} {noun}" if whole == 1 else f"{whole:,} {noun}s"


def memory(size: Memory) -> str:
    """Write ``512 MiB`` or ``2 GiB``."""
    gibibytes = size.gibibytes
    if gibibytes >= 1:
        return f"{quantity(gibibytes)} GiB"
    return f"{quantity(size.mebibytes)} MiB"


def requests(amount: Decimal | int) -> str:
    """Write a number of requests, large ones with a word: ``925,000``, ``1.25 million``."""
    number = Decimal(amount)
    for size, word in ((Decimal(10**9), "billion"), (Decimal(10**6), "million")):
        if number >= size:
            return f"{quantity(number / size)} {word}"
    return quantity(number)
