"""What a handler may return, besides a plain object (200) and None (204)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Created(Generic[T]):
    """201: something new, and the address where it can be read from now on."""

    value: T
    location: str


class Page(msgspec.Struct, Generic[T]):
    """A part of a list; ``next`` is the address of what follows, null at the end.

    The same address goes into the ``Link`` header (RFC 8288) with ``rel="next"``.
    """

    items: list[T]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Export(Generic[T]):
    """All of a list, streamed as CSV or NDJSON, as the request's Accept header asks.

    ``rows`` are read while they are sent: a generator that takes them from the database in pieces
    needs little memory for any number. ``name`` is that of the file, without an ending.
    """

    rows: Iterable[T]
    name: str
