"""Points in time as GoTrue writes them: RFC 3339, in UTC, with a Z."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final


def rfc3339(moment: datetime) -> str:
    """Return ``moment`` as ``2026-01-31T12:00:00.5Z``-like text (RFC 3339 section 5.6)."""
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for a moment that a row written by hand leaves out."""


def from_row(text: str | None) -> datetime:
    """Read a moment that PostgreSQL packed as JSON."""
    return EPOCH if text is None else datetime.fromisoformat(text)


def optional_rfc3339(moment: datetime | None) -> str | None:
    """Return ``moment`` as text, or None."""
    return None if moment is None else rfc3339(moment)
