"""Go's built-in template functions, over Go's idea of values."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_plus

from hipflask.local.auth.gotemplate.values import (
    UrlQuery,
    ValueProblem,
    equal,
    kind,
    less,
    show,
    truth,
)

_VERB = re.compile(
    r"%(?P<flags>[-+# 0]*)(?P<width>\d+)?(?:\.(?P<precision>\d+))?(?P<verb>.)?", re.S
)


def _count(minimum: int, maximum: int | None, name: str, arguments: tuple[Any, ...]) -> None:
    if len(arguments) < minimum or (maximum is not None and len(arguments) > maximum):
        raise ValueProblem(f"wrong number of arguments for {name}: {len(arguments)}")


def _eq(*arguments: Any) -> bool:
    _count(2, None, "eq", arguments)
    return any(equal(arguments[0], other) for other in arguments[1:])


def _ne(*arguments: Any) -> bool:
    _count(2, 2, "ne", arguments)
    return not equal(*arguments)


def _lt(*arguments: Any) -> bool:
    _count(2, 2, "lt", arguments)
    return less(*arguments)


def _le(*arguments: Any) -> bool:
    _count(2, 2, "le", arguments)
    return less(*arguments) or equal(*arguments)


def _gt(*arguments: Any) -> bool:
    return not _le(*arguments)


def _ge(*arguments: Any) -> bool:
    return not _lt(*arguments)


def _not(*arguments: Any) -> bool:
    _count(1, 1, "not", arguments)
    return not truth(arguments[0])


def _len(*arguments: Any) -> int:
    """Count entries, or the bytes of a string, as Go does."""
    _count(1, 1, "len", arguments)
    value = arguments[0]
    if kind(value) == "string":
        return len(value.encode())
    if kind(value) in ("map", "slice"):
        return len(value)
    raise ValueProblem(f"len of {kind(value)}")


def _index(*arguments: Any) -> Any:
    _count(1, None, "index", arguments)
    value = arguments[0]
    for key in arguments[1:]:
        if isinstance(value, Mapping):
            if kind(key) != "string":
                raise ValueProblem("a map is indexed by a string")
            value = value.get(key)
        elif kind(value) in ("slice", "string"):
            value = _element(value, key)
        else:
            raise ValueProblem(f"cannot index {kind(value)}")
    return value


def _element(value: Any, key: Any) -> Any:
    if kind(key) != "int":
        raise ValueProblem("a list is indexed by a whole number")
    entries = value.encode() if isinstance(value, str) else value
    if not 0 <= key < len(entries):
        raise ValueProblem(f"index {key} is out of range")
    return entries[key]


def _slice(*arguments: Any) -> Any:
    _count(1, 3, "slice", arguments)
    value, bounds = arguments[0], arguments[1:]
    if kind(value) not in ("slice", "string"):
        raise ValueProblem(f"cannot slice {kind(value)}")
    entries = value.encode() if isinstance(value, str) else value
    if any(kind(bound) != "int" for bound in bounds):
        raise ValueProblem("a list is sliced by whole numbers")
    start = bounds[0] if bounds else 0
    end = bounds[1] if len(bounds) > 1 else len(entries)
    if not 0 <= start <= end <= len(entries):
        raise ValueProblem(f"slice {start}:{end} is out of range")
    part = entries[start:end]
    return part.decode(errors="replace") if isinstance(part, bytes) else part


def _print(*arguments: Any) -> str:
    """Join the arguments, with a space between two of which neither is a string."""
    text = ""
    for position, value in enumerate(arguments):
        if position and not isinstance(value, str) and not isinstance(arguments[position - 1], str):
            text += " "
        text += show(value)
    return text


def _println(*arguments: Any) -> str:
    return " ".join(map(show, arguments)) + "\n"


def _printf(*arguments: Any) -> str:
    _count(1, None, "printf", arguments)
    if not isinstance(arguments[0], str):
        raise ValueProblem("printf needs a format")
    values = list(arguments[1:])

    def replace(found: re.Match[str]) -> str:
        if found["verb"] == "%":
            return "%"
        if not values:
            return f"%!{found['verb'] or '(NOVERB)'}(MISSING)"
        return _formatted(found, values.pop(0))

    text = _VERB.sub(replace, arguments[0])
    if values:
        text += "%!(EXTRA " + ", ".join(map(show, values)) + ")"
    return text


def _formatted(found: re.Match[str], value: Any) -> str:
    verb, precision = found["verb"], found["precision"]
    flags = found["flags"]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if verb in ("s", "v"):
        text = show(value)
        text = text[: int(precision)] if precision and verb == "s" else text
    elif verb == "q" and isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
    elif verb == "t" and isinstance(value, bool):
        text = show(value)
    elif verb in "dxXobc" and isinstance(value, int) and number:
        text = format(value, ("+" if "+" in flags else "") + verb)
    elif verb in "xX" and isinstance(value, str):
        text = format(value.encode().hex(), "s")
        text = text.upper() if verb == "X" else text
    elif verb in "feEgG" and isinstance(value, float):
        text = format(value, f"{'+' if '+' in flags else ''}.{precision or 6}{verb}")
        if verb in "gG" and not precision:
            text = show(value)
    else:
        return f"%!{verb}({kind(value)}={show(value)})"
    if not found["width"]:
        return text
    width = int(found["width"])
    if "-" in flags:
        return text.ljust(width)
    return text.zfill(width) if "0" in flags and number else text.rjust(width)


def _urlquery(*arguments: Any) -> UrlQuery:
    return UrlQuery(quote_plus(_print(*arguments), safe="-_.~"))


def _js(*arguments: Any) -> str:
    return json.dumps(_print(*arguments))[1:-1]


def _html(*arguments: Any) -> str:
    """Do nothing: every value is escaped for its place anyhow, and only once."""
    return _print(*arguments)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "eq": _eq,
    "ne": _ne,
    "lt": _lt,
    "le": _le,
    "gt": _gt,
    "ge": _ge,
    "not": _not,
    "len": _len,
    "index": _index,
    "slice": _slice,
    "print": _print,
    "println": _println,
    "printf": _printf,
    "urlquery": _urlquery,
    "html": _html,
    "js": _js,
}

# These two stop at the first argument that decides; the runner evaluates them.
SHORT_CIRCUIT = frozenset({"and", "or"})
