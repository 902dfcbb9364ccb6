"""Go's ideas about values: what is true, what equals what, how a value is printed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any


class UrlQuery(str):
    """Text that the function ``urlquery`` has already escaped."""

    __slots__ = ()


class ValueProblem(Exception):
    """A function cannot work on the value it was given. The runner adds file and line."""


def kind(value: Any) -> str:
    """Name the Go kind of a value."""
    match value:
        case None:
            return "nil"
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float64"
        case str():
            return "string"
        case Mapping():
            return "map"
        case list() | tuple():
            return "slice"
    raise ValueProblem(f"cannot use a value of type {type(value).__name__}")


def truth(value: Any) -> bool:
    """Say whether ``if`` takes the value as true: everything but zero and empty values."""
    return kind(value) != "nil" and bool(value)


def show(value: Any) -> str:
    """Print a value as Go's %v does."""
    match kind(value):
        case "nil":
            return "<nil>"
        case "bool":
            return "true" if value else "false"
        case "float64":
            return show_float(value)
        case "map":
            entries = sorted((show(key), show(entry)) for key, entry in value.items())
            return "map[" + " ".join(f"{key}:{entry}" for key, entry in entries) + "]"
        case "slice":
            return "[" + " ".join(show(entry) for entry in value) + "]"
    return str(value)


def show_float(value: float) -> str:
    """Print a number as Go's %g does: the shortest digits, an exponent from a million on.

    JSON numbers are floats in Go, so an order number of 1234567 prints as 1.234567e+06.
    """
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if math.isnan(value):
        return "NaN"
    sign, digits, point = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(point, int)
    exponent = len(digits) + point - 1
    minus = "-" if sign else ""
    text = "".join(map(str, digits))
    if exponent < -4 or exponent >= 6:
        fraction = f".{text[1:]}" if len(text) > 1 else ""
        return f"{minus}{text[0]}{fraction}e{exponent:+03d}"
    return minus + f"{abs(Decimal(repr(value))).normalize():f}"


def equal(left: Any, right: Any) -> bool:
    """Compare as ``eq`` does; values of different kinds are a mistake, nil equals only nil."""
    if left is None or right is None:
        return left is right
    kinds = kind(left), kind(right)
    if "map" in kinds or "slice" in kinds:
        raise ValueProblem("maps and lists cannot be compared")
    if kinds[0] != kinds[1]:
        raise ValueProblem(f"cannot compare {kinds[0]} with {kinds[1]}")
    return bool(left == right)


def less(left: Any, right: Any) -> bool:
    """Order as ``lt`` does: numbers or strings, of one kind."""
    kinds = kind(left), kind(right)
    if kinds[0] not in ("int", "float64", "string"):
        raise ValueProblem(f"{kinds[0]} has no order")
    if kinds[0] != kinds[1]:
        raise ValueProblem(f"cannot compare {kinds[0]} with {kinds[1]}")
    return bool(left < right)
