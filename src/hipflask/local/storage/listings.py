"""Listing objects by pages, names compared byte by byte: REST's ``list-v2`` and S3's lists."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from hipflask.local.storage.database import Transaction
from hipflask.local.storage.errors import invalid_parameter
from hipflask.local.storage.timestamps import iso

MOST: Final = 1000
_LETTERS: Final = {"l": "start_after", "o": "order", "c": "column", "a": "column_after"}
_PART: Final = re.compile(r"(\S):(.*)")
_COLUMNS: Final = "id, name, metadata, updated_at, created_at, last_accessed_at"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: after a name, and after a moment where the list goes by one."""

    start_after: str = ""
    order: str = ""
    column: str = ""
    column_after: str = ""

    def __str__(self) -> str:
        parts = [f"{letter}:{getattr(self, name)}" for letter, name in _LETTERS.items()]
        text = "\n".join(part for part in parts if len(part) > 2)
        return base64.b64encode(text.encode()).decode()

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read a cursor, or raise InvalidParameter."""
        try:
            lines = base64.b64decode(text, validate=True).decode().split("\n")
        except (ValueError, binascii.Error):
            raise invalid_parameter("continuation token") from None
        values = {"order": "asc"}
        for line in lines:
            match = _PART.fullmatch(line)
            if match is None or match[1] not in _LETTERS:
                raise invalid_parameter("continuation token")
            values[_LETTERS[match[1]]] = match[2]
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a list: an object, or a folder, which has no ``id``."""

    id: UUID | None
    name: str
    metadata: dict[str, Any] | None = None
    updated_at: datetime | None = None
    created_at: datetime | None = None
    last_accessed_at: datetime | None = None

    @property
    def is_folder(self) -> bool:
        """Whether it stands for everything below it."""
        return self.id is None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list, folders and objects in the order of their names."""

    entries: list[Listed] = field(default_factory=list)
    next_cursor: Cursor | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What to list. ``column`` is ``name``, ``created_at`` or ``updated_at``."""

    bucket_id: str
    prefix: str = ""
    delimiter: str = ""
    limit: int = MOST
    start_after: str = ""
    column: str = ""
    order: str = ""
    cursor: Cursor | None = None


def page_of(tx: Transaction, question: Question) -> Page:
    """Return a page of what may be seen."""
    limit = min(question.limit, MOST)
    cursor = question.cursor
    order = (cursor.order if cursor else "") or question.order
    column = (cursor.column if cursor else "") or question.column
    found = _found(tx, question, limit + 1, order or "asc", column or "name")
    entries = found[:limit]
    if len(found) <= limit or not entries:
        return Page(entries)
    last = entries[-1]
    moment = getattr(last, column) if column in ("created_at", "updated_at") else None
    return Page(entries, Cursor(last.name, order, column, iso(moment) or ""))


def _found(
    tx: Transaction, question: Question, limit: int, order: str, column: str
) -> list[Listed]:
    if not question.delimiter:
        return _flat(tx, question, limit, order, column)
    # A list that starts after a plain key, as S3's may, is the other function's.
    if question.delimiter == "/" and not question.start_after:
        return _by_folder(tx, question, limit, order, column)
    return _by_delimiter(tx, question, limit, order)


def _flat(tx: Transaction, question: Question, limit: int, order: str, column: str) -> list[Listed]:
    cursor = question.cursor
    direction = "desc" if order == "desc" else "asc"
    compare = "<" if direction == "desc" else ">"
    conditions, values = ["bucket_id = %s"], [question.bucket_id]
    if question.prefix:
        # Not LIKE, which cannot use the index under row-level security.
        conditions.append('name collate "C" >= %s and name collate "C" < %s || chr(1114111)')
        values += [question.prefix, question.prefix]
    sorting = f'name collate "C" {direction}'
    if column in ("created_at", "updated_at"):
        sorting = f"{column} {direction}, {sorting}"
    if cursor is None and question.start_after:
        conditions.append('name collate "C" > %s')
        values.append(question.start_after)
    elif cursor is not None and cursor.column_after and column in ("created_at", "updated_at"):
        conditions.append(
            f"(date_trunc('milliseconds', {column}), name collate \"C\") {compare}"
            " (%s::timestamptz, %s)"
        )
        values += [cursor.column_after, cursor.start_after]
    elif cursor is not None:
        conditions.append(f'name collate "C" {compare} %s')
        values.append(cursor.start_after)
    rows = tx.rows(
        f"select {_COLUMNS} from storage.objects"
        f" where {' and '.join(conditions)} order by {sorting} limit %s",
        (*values, limit),
    )
    return [Listed(*row) for row in rows]


def _by_folder(
    tx: Transaction, question: Question, limit: int, order: str, column: str
) -> list[Listed]:
    cursor = question.cursor
    rows = tx.rows(
        f"select {_COLUMNS} from storage.search_v2(%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            *(question.prefix, question.bucket_id, limit, question.prefix.count("/") + 1),
            cursor.start_after if cursor else "",
            *(order, column, cursor.column_after if cursor and cursor.column_after else None),
        ),
    )
    return [_as_folder(Listed(*row), "/") for row in rows]


def _by_delimiter(tx: Transaction, question: Question, limit: int, order: str) -> list[Listed]:
    cursor = question.cursor
    rows = tx.rows(
        "select id, name, metadata, updated_at, created_at, last_accessed_at"
        " from storage.list_objects_with_delimiter(%s, %s, %s, %s, %s, %s, %s)",
        (
            *(question.bucket_id, question.prefix, question.delimiter, limit),
            *(question.start_after, cursor.start_after if cursor else "", order),
        ),
    )
    return [_as_folder(Listed(*row), question.delimiter) for row in rows]


def _as_folder(entry: Listed, delimiter: str) -> Listed:
    """Give a folder's name back the delimiter that the function takes off."""
    return replace(entry, name=entry.name + delimiter) if entry.is_folder else entry
