"""Lists of notes in any order that is offered, page after page without gaps (keyset pagination).

A page begins behind the last row of the one before, by that row's own values: what is written or
deleted meanwhile moves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, LiteralString
from uuid import UUID

from .notes import Note, pattern

if TYPE_CHECKING:
    from hipflask import Database, User

_COLUMNS: dict[str, tuple[LiteralString, LiteralString]] = {
    "created_at": ("created_at", "timestamptz"),
    "updated_at": ("updated_at", "timestamptz"),
    "title": ("title", "text"),
}


@dataclass(frozen=True)
class Filters:
    """Which notes; what is empty lets all through."""

    words: str = ""
    created_since: datetime | None = None
    updated_since: datetime | None = None


@dataclass(frozen=True)
class Part:
    """Some rows, and the place behind the last one; None at the end of the list."""

    rows: list[Note]
    place: tuple[Any, UUID] | None


@dataclass(frozen=True)
class NoteList:
    """The notes of one user, sorted by a column, from a place on."""

    db: Database
    user: User
    column: str
    descending: bool
    filters: Filters
    place: tuple[Any, UUID] | None = None

    def first(self, limit: int) -> Part:
        """Return the first ``limit`` rows."""
        key, note_id = self.place or (None, None)
        # One more than asked for tells whether there is another page.
        rows = self.db.fetch_all_as(
            self.user,
            _query(self.column, descending=self.descending),
            {
                "pattern": pattern(self.filters.words),
                "created_since": self.filters.created_since,
                "updated_since": self.filters.updated_since,
                "key": key,
                "id": note_id,
                "limit": limit + 1,
            },
            row_type=Note,
        )
        shown = rows[:limit]
        if len(rows) <= limit:
            return Part(shown, None)
        return Part(shown, (getattr(shown[-1], self.column), shown[-1].id))

    def from_place(self, place: tuple[Any, UUID]) -> NoteList:
        """Return the same list from another place on."""
        return replace(self, place=place)


def _query(column: str, *, descending: bool) -> LiteralString:
    """Return the statement; its parts are literals of this file, whatever was asked for."""
    name, kind = _COLUMNS[column]
    direction: LiteralString = "desc" if descending else "asc"
    behind: LiteralString = "<" if descending else ">"
    return f"""
        select id, title, body, created_at, updated_at
        from public.notes
        where deleted_at is null
          and (%(pattern)s = '%%' or title ilike %(pattern)s or body ilike %(pattern)s)
          and (%(created_since)s::timestamptz is null or created_at >= %(created_since)s)
          and (%(updated_since)s::timestamptz is null or updated_at >= %(updated_since)s)
          and (%(id)s::uuid is null or ({name}, id) {behind} (%(key)s::{kind}, %(id)s::uuid))
        order by {name} {direction}, id {direction}
        limit %(limit)s
        """  # noqa: S608
