"""Reads a traffic profile as people write it: ``1M`` requests, ``200ms``, ``20kB``, ``bell:3``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from hipflask.cloudrun.cost.curve import Curve
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.prices import list_prices
from hipflask.errors import ConfigError

_AS_THEY_ARE: Final[Mapping[str, str]] = MappingProxyType({})
_AMOUNT: Final = re.compile(r"(\d[\d_,]*(?:\.\d+)?|\.\d+)\s*([A-Za-z]*)")
_BELL: Final = re.compile(r"bell(?::(\d+(?:\.\d+)?))?(?:@(\d+(?:\.\d+)?))?")
_BELL_WIDTH: Final = Decimal(3)
_COUNTS: Final = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9}
_TIMES: Final = {"": "1", "ms": "0.001", "s": "1", "min": "60", "h": "3600"}
_DECIMAL_SIZES: Final = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_SIZES: Final = _DECIMAL_SIZES | {"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}
_MOST_REQUESTS: Final = 10**12
_A_COUNT: Final = "a number such as 50000, 50k or 1.5M"
_A_TIME: Final = "a time such as 0.2, 200ms or 2s"
_A_SIZE: Final = "a size such as 20000, 20kB or 1.5GiB"
_A_CURVE: Final = 'flat, office, bell, "bell:1.5", "bell:1.5@20" or a list of hours'


def read_profile(
    given: Mapping[str, object],
    base: TrafficProfile | None = None,
    *,
    names: Mapping[str, str] = _AS_THEY_ARE,
) -> TrafficProfile:
    """Return the base profile with what is given, by the names of TrafficProfile's fields.

    CPU time that nobody has said is never more than the latency. Raises one ConfigError that names
    everything that is wrong; ``names`` says what the reader calls a field.
    """
    base = base or TrafficProfile()
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in given.items():
        if name not in _READERS:
            close = difflib.get_close_matches(name, _READERS, n=1)
            problems.append(f"{name} is no part of a traffic profile.{_meant(close)}")
            continue
        read, expected = _READERS[name]
        try:
            values[name] = read(value)
        except ValueError:
            problems.append(f"{names.get(name, name)} is {value!r}, but must be {expected}.")
    if problems:
        is_unknown = any(name not in _READERS for name in given)
        hint = f"It has {', '.join(_READERS)}." if is_unknown else ""
        raise ConfigError("\n".join(problems), hint=hint)
    if values.get("requests", base.requests) > _MOST_REQUESTS:
        raise ConfigError("More than a trillion requests a month are no traffic to plan for.")
    if "latency" in values and "cpu" not in values:
        values["cpu"] = min(base.cpu, values["latency"])
    return replace(base, **values)


def read_hours(given: str) -> tuple[Decimal, Curve]:
    """Return the requests of a month, and their curve, from requests hour by hour.

    The hours repeat until the month is over. Raises ConfigError for what is no list of numbers.
    """
    try:
        hours = [read_count(hour) for hour in re.split(r"[,;\s]+", given.strip(",; \t\r\n"))]
    except ValueError as error:
        raise ConfigError(
            f"The requests of an hour are {str(error)!r}, but must be {_A_COUNT}.",
            hint="Write 24 of them for a day or 168 for a week: 20,10,5,0,…",
        ) from None
    curve = Curve.of_hours(hours)
    month = list_prices().cloud_run.metering.month_hours
    return sum(hours, Decimal(0)) / len(hours) * month, curve


def profile_parts() -> Mapping[str, str]:
    """Return what a profile has, each with what may be written for it."""
    return {name: expected for name, (_, expected) in _READERS.items()}


def _meant(close: Sequence[str]) -> str:
    return f" Did you mean {close[0]}?" if close else ""


def _amount(units: Mapping[str, int] | Mapping[str, str]) -> Callable[[object], Decimal]:
    def read(given: object) -> Decimal:
        if isinstance(given, bool) or not isinstance(given, (int, float, str, Decimal)):
            raise ValueError(given)
        match = _AMOUNT.fullmatch(format(given, "f") if isinstance(given, float) else str(given))
        if match is None or match[2].lower() not in units:
            raise ValueError(given)
        return Decimal(re.sub("[_,]", "", match[1])) * Decimal(units[match[2].lower()])

    return read


def _curve(given: object) -> Curve:
    if isinstance(given, str) and "," in given:
        given = given.split(",")
    if isinstance(given, (list, tuple)):
        try:
            return Curve.of_hours([read_count(hour) for hour in given])
        except ConfigError as error:
            raise ValueError(given) from error
    if given == "flat":
        return Curve.flat()
    if given == "office":
        return Curve.office()
    match = _BELL.fullmatch(given) if isinstance(given, str) else None
    if match is None or (match[1] is not None and not Decimal(match[1])):
        raise ValueError(given)
    width = Decimal(match[1]) if match[1] else _BELL_WIDTH
    return Curve.bell(width=width, peak_hour=Decimal(match[2] or 14))


# Each reads one amount, or raises ValueError: ``50k``, and ``200ms`` as seconds.
read_count: Final = _amount(_COUNTS)
read_time: Final = _amount(_TIMES)
_COUNT: Final = (read_count, _A_COUNT)
_TIME: Final = (read_time, _A_TIME)
_SIZE: Final = (_amount(_SIZES), _A_SIZE)
_READERS: Final[Mapping[str, tuple[Callable[[object], Any], str]]] = {
    "requests": _COUNT,
    "curve": (_curve, _A_CURVE),
    "latency": _TIME,
    "cpu": _TIME,
    "response_size": _SIZE,
    "log_size": _SIZE,
    "startup": _TIME,
    "shutdown": _TIME,
    "database_answer_size": _SIZE,
    "download_size": _SIZE,
    "cached_download_size": _SIZE,
    "users": _COUNT,
    "database_size": _SIZE,
    "file_size": _SIZE,
    "builds": _COUNT,
    "build_minutes": _COUNT,
    "images_kept": _COUNT,
    "image_size": _SIZE,
    "jobs": _COUNT,
    "free_share": _COUNT,
    "instance_seconds": _TIME,
    "shared_by": _COUNT,
}
