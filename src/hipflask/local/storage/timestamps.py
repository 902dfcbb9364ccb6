"""Moments as Storage writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime


def iso(moment: datetime | None) -> str | None:
    """Return ``2026-11-22T06:44:47.622Z``: milliseconds, in UTC."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def http_date(moment: datetime) -> str:
    """Return ``Sun, 22 Nov 2026 06:44:47 GMT`` (RFC 9110 section 5.6.7)."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def from_iso(text: str) -> datetime | None:
    """Read what ``iso`` wrote; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
