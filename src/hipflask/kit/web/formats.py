"""Dates, sizes and numbers as people of each language write them, in the visitor's time zone.

Plurals and patterns follow Unicode CLDR 46 for ``en`` and ``zh-Hans``; an unknown language gets
the English forms.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from flask import has_request_context

from .i18n import current_language
from .visit import app_state, visit

_STEPS: Final = (  # up to (seconds), length of the unit, English unit, Chinese unit
    (3600, 60, "minute", "分钟"),
    (86400, 3600, "hour", "小时"),
    (7 * 86400, 86400, "day", "天"),
)
_MONTHS: Final = [
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
]
_SIZES: Final = ("bytes", "kB", "MB", "GB", "TB")


def time_zone(name: str) -> tzinfo:
    """Return the zone of an IANA name; UTC for an unknown one or where no zone data is."""
    if not name:
        return UTC
    from zoneinfo import ZoneInfo  # deferred: most visitors name no zone

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
        return UTC


def visitor_time_zone() -> tzinfo:
    """Return the zone that the visitor's cookie names, else UTC."""
    return time_zone(visit().cookie.timezone) if has_request_context() else UTC


def format_number(number: float) -> str:
    """Write a number with thousands separated: 1,234,567; both languages use the comma."""
    return f"{number:,}"


def format_size(size: int) -> str:
    """Write a number of bytes in steps of 1000: ``1.2 MB``, ``512 bytes``, ``512 字节``."""
    value = float(size)
    unit = 0
    while abs(value) >= 999.5 and unit < len(_SIZES) - 1:
        value /= 1000
        unit += 1
    if unit == 0:
        if _is_chinese():
            return f"{size} 字节"
        return f"{size} byte" if size == 1 else f"{size} bytes"
    digits = 1 if abs(value) < 9.95 else 0
    return f"{value:.{digits}f}".removesuffix(".0") + f" {_SIZES[unit]}"


def format_date(moment: datetime) -> str:
    """Write the day: ``5 Jan 2026``, ``2026 年 1 月 5 日``."""
    local = _local(moment)
    if _is_chinese():
        return f"{local.year} 年 {local.month} 月 {local.day} 日"
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"


def format_datetime(moment: datetime) -> str:
    """Write the exact time, for a tooltip: ``5 Jan 2026, 14:03 CET``."""
    local = _local(moment)
    separator = " " if _is_chinese() else ", "
    return f"{format_date(moment)}{separator}{local:%H:%M} {local.tzname() or 'UTC'}"


def format_iso(moment: datetime) -> str:
    """Write the time for a machine, as the ``datetime`` attribute of ``<time>`` wants it."""
    return _aware(moment).astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def format_relative(moment: datetime, now: datetime | None = None) -> str:
    """Write how long ago or ahead it is; past a week the day itself."""
    reference = now or app_state().clock.now()
    distance = reference - _aware(moment)
    seconds = int(abs(distance).total_seconds())
    if seconds < 60:
        return "刚刚" if _is_chinese() else "just now"
    for limit, length, english, chinese in _STEPS:
        if seconds < limit:
            return _ago(seconds // length, english, chinese, past=distance > timedelta(0))
    return format_date(moment)


def _ago(count: int, english: str, chinese: str, *, past: bool) -> str:
    if _is_chinese():
        return f"{count} {chinese}{'前' if past else '后'}"
    unit = english if count == 1 else f"{english}s"
    return f"{count} {unit} ago" if past else f"in {count} {unit}"


def _aware(moment: datetime) -> datetime:
    """Read a naive time as UTC: PostgreSQL's ``timestamptz`` never is one, others may be."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _local(moment: datetime) -> datetime:
    return _aware(moment).astimezone(visitor_time_zone())


def _is_chinese() -> bool:
    return current_language().startswith("zh")
