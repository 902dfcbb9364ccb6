"""Amounts as Cloud Run writes them: CPU, memory, time. Pure: text in, exact values out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import ClassVar, Final

_KI: Final = 1024
_UNITS: Final = {
    "Ki": _KI,
    "Mi": _KI**2,
    "Gi": _KI**3,
    "Ti": _KI**4,
    "k": 1000,
    "M": 1000**2,
    "G": 1000**3,
    "T": 1000**4,
}
_MEMORY = re.compile(r"(\d{1,12}(?:\.\d{1,12})?)\s?([KMGT]i|[kMGT])B?")
_MILLIS = re.compile(r"(\d{1,9})m")
_DURATION = re.compile(r"(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9})s)?")


class QuantityError(ValueError):
    """A value is no amount of this kind; ``expected`` says what one looks like."""

    def __init__(self, expected: str) -> None:
        super().__init__(f"expected {expected}")
        self.expected = expected


@dataclass(frozen=True, slots=True, order=True)
class Cpu:
    """vCPUs of one instance, in thousandths: Cloud Run knows no smaller step."""

    millis: int

    EXPECTED: ClassVar[str] = 'vCPUs such as 1, 0.5 or "500m", in steps of 0.001'

    @classmethod
    def parse(cls, given: object) -> Cpu:
        """Read ``1``, ``0.1``, ``"0.1"`` or ``"100m"``; whether Cloud Run has it is not asked."""
        if isinstance(given, str) and (match := _MILLIS.fullmatch(given.strip())):
            return cls(_positive(int(match[1]), cls.EXPECTED))
        if isinstance(given, bool) or not isinstance(given, int | float | str | Decimal):
            raise QuantityError(cls.EXPECTED)
        try:
            millis = Decimal(str(given).strip()) * 1000
        except InvalidOperation:
            raise QuantityError(cls.EXPECTED) from None
        if not millis.is_finite() or millis != millis.to_integral_value() or millis > 10**9:
            raise QuantityError(cls.EXPECTED)
        return cls(_positive(int(millis), cls.EXPECTED))

    @property
    def vcpus(self) -> Decimal:
        """The amount in vCPUs, exactly."""
        return Decimal(self.millis) / 1000

    @property
    def is_fraction(self) -> bool:
        """Whether it is below one vCPU, where Cloud Run's rules are stricter."""
        return self.millis < 1000

    @property
    def words(self) -> str:
        """The amount with its unit: ``0.5 vCPU``, ``2 vCPUs``."""
        return f"{self} vCPU" if self.millis <= 1000 else f"{self} vCPUs"

    def __str__(self) -> str:
        return f"{self.vcpus.normalize():f}"


@dataclass(frozen=True, slots=True, order=True)
class Memory:
    """Memory of one instance, in bytes."""

    bytes: int

    EXPECTED: ClassVar[str] = 'a size with its unit such as "512Mi" or "1Gi"'

    @classmethod
    def parse(cls, given: object) -> Memory:
        """Read ``"512Mi"``, ``"1Gi"``, ``"512M"`` or ``"1.5 GiB"``; a bare number has no unit."""
        match = _MEMORY.fullmatch(given.strip()) if isinstance(given, str) else None
        if match is None:
            raise QuantityError(cls.EXPECTED)
        size = Decimal(match[1]) * _UNITS[match[2]]
        if size != size.to_integral_value():
            raise QuantityError(cls.EXPECTED)
        return cls(_positive(int(size), cls.EXPECTED))

    @classmethod
    def mebi(cls, amount: int) -> Memory:
        """Return so many MiB."""
        return cls(amount * _UNITS["Mi"])

    @property
    def mebibytes(self) -> Decimal:
        """The amount in MiB, exactly."""
        return Decimal(self.bytes) / _UNITS["Mi"]

    @property
    def gibibytes(self) -> Decimal:
        """The amount in GiB, which is what Cloud Run charges for."""
        return Decimal(self.bytes) / _UNITS["Gi"]

    @property
    def is_binary(self) -> bool:
        """Whether it is a whole number of MiB; ``512M`` is not."""
        return self.bytes % _UNITS["Mi"] == 0

    def __str__(self) -> str:
        for unit in ("Gi", "Mi", "G", "M", "Ki", "k"):
            if self.bytes % _UNITS[unit] == 0:
                return f"{self.bytes // _UNITS[unit]}{unit}"
        return f"{self.bytes}"


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A time in whole seconds."""

    seconds: int

    EXPECTED: ClassVar[str] = 'whole seconds such as 300, or a duration such as "5m" or "1m30s"'

    @classmethod
    def parse(cls, given: object) -> Duration:
        """Read ``300``, ``"300"``, ``"300s"``, ``"5m"``, ``"1h"`` or ``"1m30s"``."""
        if isinstance(given, bool) or not isinstance(given, int | str):
            raise QuantityError(cls.EXPECTED)
        text = str(given).strip()
        if re.fullmatch(r"\d{1,9}", text):
            return cls(int(text))
        match = _DURATION.fullmatch(text)
        if match is None or not any(match.groups()):
            raise QuantityError(cls.EXPECTED)
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return cls(hours * 3600 + minutes * 60 + seconds)

    def __str__(self) -> str:
        return f"{self.seconds}s"


def _positive(amount: int, expected: str) -> int:
    if amount <= 0:
        raise QuantityError(expected)
    return amount
