"""How large an object may be: the bucket's limit below the project's."""

from __future__ import annotations

import re
from typing import Any, Final

from hipflask.local.storage.errors import StorageError, too_large

_UNITS: Final = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9}
_WITH_UNIT: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(gb|mb|kb|b)", re.IGNORECASE)


def parse_size(value: Any, *, at_most: int) -> int | None:
    """Return a bucket's limit in bytes: from a number, or a text such as ``20MB`` (decimal).

    None means no limit of its own. Raises InvalidRequest, or EntityTooLarge above ``at_most``.
    """
    if value is None:
        return None
    size = _with_unit(value) if isinstance(value, str) else value
    if size > at_most:
        raise too_large()
    return int(size)


def effective_limit(bucket_limit: int | None, project_limit: int) -> int:
    """Return the size in bytes that an object may have."""
    return project_limit if bucket_limit is None else min(bucket_limit, project_limit)


def _with_unit(text: str) -> float:
    match = _WITH_UNIT.fullmatch(text)
    if match is None:
        raise StorageError(
            "InvalidRequest", "Invalid file size format, hint: use 20GB / 20MB / 30KB / 3B"
        )
    # Three significant digits, as JavaScript's toPrecision(3) leaves them.
    return float(f"{float(match[1]):.3g}") * _UNITS[match[2].lower()]
