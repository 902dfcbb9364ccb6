"""Conditional requests (RFC 9110 section 13): ``ETag``, ``If-Match`` and ``If-None-Match``.

The tag of one thing comes from its version, such as ``updated_at``: it is known without encoding
anything, and a change can be made to depend on it in the database. The tag of a list comes from its
bytes and is weak: it saves sending them, and nothing may be changed by it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request

from hipflask.errors import ChangedMeanwhile


@dataclass(frozen=True, slots=True)
class Match:
    """The request's If-Match: the caller wants to change what they have seen, and nothing newer."""

    version: str

    @property
    def is_asked(self) -> bool:
        """Whether the caller sent a condition."""
        return "If-Match" in request.headers

    def check(self, thing: Any) -> None:
        """Raise ChangedMeanwhile (412) when ``thing`` is not what the caller has seen."""
        if self.is_asked and not request.if_match.contains_raw(tag_of(thing, self.version)):
            raise ChangedMeanwhile()

    def lost(self) -> ChangedMeanwhile:
        """Return the error for a change that somebody else overtook."""
        return ChangedMeanwhile()


def tag_of(thing: Any, version: str) -> str:
    """Return the strong entity tag of a thing, quoted; ``version`` names its attribute."""
    value = getattr(thing, version)
    if isinstance(value, datetime):
        value = f"{round(value.timestamp() * 1_000_000):x}"
    return f'"{value}"'


def tag_of_bytes(raw: bytes) -> str:
    """Return the weak entity tag of an encoded list."""
    return f'W/"{hashlib.blake2b(raw, digest_size=12).hexdigest()}"'


def is_known(tag: str) -> bool:
    """Whether the caller has this representation already (If-None-Match, weak comparison)."""
    return "If-None-Match" in request.headers and request.if_none_match.contains_weak(
        tag.removeprefix("W/").strip('"')
    )
