"""Lists what is in a bucket, a page at a time.

Storage has two interfaces for it. ``list-v2`` goes on from a cursor and knows ``A/`` from ``a/``;
only the older one finds by the beginning of a name whatever its case. A page's cursor says which
one made it, and is opaque to everybody else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from hipflask.errors import StorageRefused

from .answers import Folder, ObjectEntry, ObjectPage, mapping, rows, text
from .names import search_text

Sort = Literal["name", "created_at", "updated_at"]
Ask = Callable[[str, Mapping[str, Any]], Any]
"""Sends the body to an address of Storage (``list`` or ``list-v2``) and returns the answer."""

_OFFSET: Final = "from:"
_PLACEHOLDER: Final = ".emptyFolderPlaceholder"
"""What Supabase's dashboard puts into a new folder."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What is asked for; ``folder`` is empty or ends with a slash."""

    folder: str
    limit: int
    sort: Sort = "name"
    descending: bool = False

    @property
    def sort_by(self) -> Mapping[str, str]:
        """The order as Storage takes it."""
        return {"column": self.sort, "order": "desc" if self.descending else "asc"}


def browse(ask: Ask, wanted: Listing, cursor: str | None, *, deep: bool = False) -> ObjectPage:
    """Return a page of a folder; with ``deep`` everything below it, and no folders."""
    body: dict[str, Any] = {
        "prefix": wanted.folder,
        "limit": wanted.limit,
        "with_delimiter": not deep,
        "sortBy": wanted.sort_by,
    }
    if cursor:
        body["cursor"] = cursor
    answer = mapping(ask("list-v2", body))
    entries = [ObjectEntry.from_json(row) for row in rows(answer.get("objects"))]
    following = answer.get("nextCursor") if answer.get("hasNext") is True else None
    return ObjectPage(
        folders=tuple(Folder(text(row, "name")) for row in rows(answer.get("folders"))),
        objects=tuple(entry for entry in entries if deep or not _is_placeholder(entry)),
        cursor=following if isinstance(following, str) else None,
    )


def search(ask: Ask, wanted: Listing, beginning: str, cursor: str | None) -> ObjectPage:
    """Return a page of what is in a folder and begins with the words, whatever their case."""
    offset = _offset(cursor)
    body = {
        "prefix": wanted.folder.removesuffix("/"),
        "search": search_text(beginning),
        "limit": wanted.limit + 1,  # one more tells whether there is a next page
        "offset": offset,
        "sortBy": wanted.sort_by,
    }
    found = rows(ask("list", body))
    page = found[: wanted.limit]
    entries = [ObjectEntry.from_json(row, wanted.folder) for row in page if row.get("id")]
    return ObjectPage(
        folders=tuple(
            Folder(f"{wanted.folder}{text(row, 'name')}/") for row in page if not row.get("id")
        ),
        objects=tuple(entry for entry in entries if not _is_placeholder(entry)),
        cursor=f"{_OFFSET}{offset + wanted.limit}" if len(found) > wanted.limit else None,
    )


def _is_placeholder(entry: ObjectEntry) -> bool:
    return entry.name.endswith(f"/{_PLACEHOLDER}") or entry.name == _PLACEHOLDER


def _offset(cursor: str | None) -> int:
    if not cursor:
        return 0
    number = cursor.removeprefix(_OFFSET)
    if number == cursor or not number.isdecimal() or len(number) > 9:
        raise StorageRefused(
            "The cursor does not belong to a search.", hint="Begin again without a cursor."
        )
    return int(number)
