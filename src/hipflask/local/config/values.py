"""Go's spellings of durations and sizes, which the Supabase CLI's file uses."""

from __future__ import annotations

import re
from datetime import timedelta

_DURATION_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(h|ms|m|s|us|µs|ns)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgtp]?)(?:i?b)?", re.IGNORECASE)
_UNITS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}


_ENV = re.compile(r"env\((.*)\)")


class ByteSize:
    """Marks a field whose text is a size such as ``50MiB``."""


def variable_in(text: str) -> str | None:
    """Return the variable that ``env(NAME)`` names, or None when the text is no such reference."""
    match = _ENV.fullmatch(text)
    return match[1] if match else None


def parse_duration(text: str) -> timedelta:
    """Read ``1m0s`` as Go's ``time.ParseDuration`` does. Raises ``ValueError``."""
    unsigned = text.removeprefix("+")
    if unsigned == "0":
        return timedelta(0)
    if not unsigned or not re.fullmatch(f"(?:{_DURATION_PART.pattern})+", unsigned):
        raise ValueError(f"{text!r} is not a duration such as 1m0s, 24h or 500ms")
    parts = _DURATION_PART.findall(unsigned)
    return timedelta(seconds=sum(float(amount) * _SECONDS[unit] for amount, unit in parts))


def parse_size(text: str) -> int:
    """Read ``50MiB`` or ``5MB`` as bytes; both count in 1024s, as the Supabase CLI does.

    Raises ``ValueError``.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a size such as 50MiB or 500KB")
    return int(float(match[1]) * 1024 ** _UNITS[match[2].lower()])
