"""Reading values as Storage's schema validator (AJV with ``coerceTypes: "array"``) reads them.

The texts and the corner cases were seen on that validator: ``0x10`` and ``" 5 "`` are integers,
the empty text is none, a list of one stands for its element.
"""

from __future__ import annotations

import math
import re
from typing import Final

from hipflask.local.storage.render.errors import TransformationInvalid

_DECIMAL: Final = re.compile(r"[+-]?(?:Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")
_PREFIXED: Final = re.compile(r"0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+")


def javascript_number(text: str) -> float | None:
    """Return what ``Number(text)`` gives in JavaScript; None for its NaN."""
    text = text.strip()
    if not text:
        return 0.0
    if _PREFIXED.fullmatch(text):
        digits = int(text, 0)
        return float(digits) if digits.bit_length() < 1024 else math.inf
    if _DECIMAL.fullmatch(text):
        return float(text)
    return None


def number(value: object, where: str, *, limits: tuple[float, float] | None = None) -> float:
    """Return the value as a finite number. Raises TransformationInvalid."""
    found = _as_number(value)
    if found is None:
        raise TransformationInvalid(f"{where} must be number")
    return _within(found, where, limits)


def integer(value: object, where: str, *, limits: tuple[float, float] | None = None) -> int:
    """Return the value as a finite integer. Raises TransformationInvalid."""
    found = _as_number(value)
    if found is None or (math.isfinite(found) and found % 1):
        raise TransformationInvalid(f"{where} must be integer")
    return int(_within(found, where, limits))


def choice(value: object, where: str, choices: tuple[str, ...]) -> str:
    """Return the value if it is one of the texts. Raises TransformationInvalid."""
    value = _unwrapped(value)
    if isinstance(value, dict | list):
        raise TransformationInvalid(f"{where} must be string")
    if value not in choices:
        raise TransformationInvalid(f"{where} must be equal to one of the allowed values")
    return str(value)


def _unwrapped(value: object) -> object:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _as_number(value: object) -> float | None:
    value = _unwrapped(value)
    if isinstance(value, str):
        return javascript_number(value) if value else None
    if value is None:
        return 0.0
    if isinstance(value, int | float):  # bool, too: true is 1
        try:
            return float(value)
        except OverflowError:
            return math.inf
    return None


def _within(found: float, where: str, limits: tuple[float, float] | None) -> float:
    if not math.isfinite(found):
        raise TransformationInvalid(f'{where} must pass "finite" keyword validation')
    if limits is not None:
        low, high = limits
        if found < low:
            raise TransformationInvalid(f"{where} must be >= {low:g}")
        if found > high:
            raise TransformationInvalid(f"{where} must be <= {high:g}")
    return found
