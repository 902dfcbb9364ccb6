"""Notes in the database.

Row-level security decides whose: no statement here names a user. A single statement goes by
``fetch_…_as``, which takes one round trip; several that belong together by ``with db.as_user``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from hipflask import errors
from hipflask import gettext as _

if TYPE_CHECKING:
    # The database's driver is loaded by the first query, not by the start of the application.
    from hipflask import Database, User

PAGE_SIZE = 20
LONGEST_TITLE = 200
LONGEST_BODY = 20_000


@dataclass(frozen=True)
class Note:
    """A whole note."""

    id: UUID
    title: str
    body: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Line:
    """A note as a list shows it; ``total`` counts all that match, on every line."""

    id: UUID
    title: str
    excerpt: str
    updated_at: datetime
    total: int


@dataclass(frozen=True)
class Page:
    """One page of a list."""

    rows: list[Line]
    number: int

    @property
    def total(self) -> int:
        """How many notes match on all pages."""
        return self.rows[0].total if self.rows else 0

    @property
    def pages(self) -> int:
        """How many pages there are; one even when there is nothing."""
        return max(1, math.ceil(self.total / PAGE_SIZE))

    @property
    def first(self) -> int:
        """The place of the first row in the whole list, from 1."""
        return (self.number - 1) * PAGE_SIZE + 1

    @property
    def last(self) -> int:
        """The place of the last row in the whole list."""
        return self.first + len(self.rows) - 1


class Notes:
    """The notes of one user."""

    def __init__(self, db: Database, user: User) -> None:
        self._db = db
        self._user = user

    def page(self, query: str, number: int) -> Page:
        """Return one page of the notes that contain ``query``, the latest change first."""
        rows = self._db.fetch_all_as(
            self._user,
            """
            select id, title, left(regexp_replace(body, '\\s+', ' ', 'g'), 160) as excerpt,
                   updated_at, count(*) over () as total
            from public.notes
            where deleted_at is null
              and (%(pattern)s = '%%' or title ilike %(pattern)s or body ilike %(pattern)s)
            order by updated_at desc, id desc
            limit %(limit)s offset %(offset)s
            """,
            {"pattern": pattern(query), "limit": PAGE_SIZE, "offset": (number - 1) * PAGE_SIZE},
            row_type=Line,
        )
        return Page(rows, number)

    def get(self, note_id: UUID) -> Note | None:
        """Return a note; None when there is none, it is deleted, or it is somebody else's."""
        return self._db.fetch_one_as(
            self._user,
            "select id, title, body, created_at, updated_at from public.notes"
            " where id = %s and deleted_at is null",
            [note_id],
            row_type=Note,
        )

    def create(self, title: str, body: str) -> Note:
        """Write a new note."""
        note = self._db.fetch_one_as(
            self._user,
            "insert into public.notes (title, body) values (%s, %s)"
            " returning id, title, body, created_at, updated_at",
            [title, body],
            row_type=Note,
        )
        assert note is not None, "an insert that did not fail returns its row"
        return note

    def create_many(self, texts: Sequence[tuple[str, str]]) -> list[Note]:
        """Write several notes, all or none, and return them in the same order."""
        titles, bodies = [title for title, _body in texts], [body for _title, body in texts]
        return self._db.fetch_all_as(
            self._user,
            """
            insert into public.notes (title, body)
            select title, body
            from unnest(%s::text[], %s::text[]) with ordinality as t(title, body, place)
            order by place
            returning id, title, body, created_at, updated_at
            """,
            [titles, bodies],
            row_type=Note,
        )

    def change(
        self, note_id: UUID, title: str, body: str, seen: datetime | None = None
    ) -> Note | None:
        """Change a note and return it; None when there is nothing to change.

        With ``seen``, the ``updated_at`` that the writer saw, a note that was changed since stays
        as it is, and None is returned too.
        """
        return self._db.fetch_one_as(
            self._user,
            """
            update public.notes set title = %(title)s, body = %(body)s
            where id = %(id)s and deleted_at is null
              and (%(seen)s::timestamptz is null or updated_at = %(seen)s::timestamptz)
            returning id, title, body, created_at, updated_at
            """,
            {"id": note_id, "title": title, "body": body, "seen": seen},
            row_type=Note,
        )

    def delete(self, note_id: UUID) -> Note | None:
        """Put a note away for a week and return it; what has been away longer goes for good."""
        with self._db.as_user(self._user) as tx:
            tx.execute("delete from public.notes where deleted_at < now() - interval '7 days'")
            return tx.fetch_one(
                "update public.notes set deleted_at = now() where id = %s and deleted_at is null"
                " returning id, title, body, created_at, updated_at",
                [note_id],
                row_type=Note,
            )

    def restore(self, note_id: UUID) -> Note | None:
        """Bring back a note that was put away, and return it."""
        return self._db.fetch_one_as(
            self._user,
            "update public.notes set deleted_at = null where id = %s and deleted_at is not null"
            " returning id, title, body, created_at, updated_at",
            [note_id],
            row_type=Note,
        )


def check(title: str, body: str) -> None:
    """Raise InputRefused, by field, for a text that the table would not take."""
    fields: dict[str, str] = {}
    if not title.strip():
        fields["title"] = _("Give the note a title.")
    elif len(title) > LONGEST_TITLE:
        fields["title"] = _("Shorten the title to 200 characters.")
    if len(body) > LONGEST_BODY:
        fields["body"] = _("Shorten the text to 20,000 characters.")
    for name, text in (("title", title), ("body", body)):
        if "\0" in text:
            fields[name] = _("Remove the NUL character: it cannot be stored.")
    if fields:
        raise errors.InputRefused(_("The note was not saved."), fields=fields)


def pattern(query: str) -> str:
    """Return what ``ilike`` finds ``query`` by; nothing in it is a wildcard."""
    escaped = query.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%" if query else "%"
