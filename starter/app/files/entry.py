"""What a list of files shows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

PAGE_SIZE = 50

# Raster pictures that every browser shows in an <img>, where nothing in them can run.
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
_ARCHIVES = frozenset(
    {
        *("application/zip", "application/gzip", "application/vnd.rar"),
        "application/x-7z-compressed",
    }
)


@dataclass(frozen=True)
class Folder:
    """A folder on the way from the topmost to where somebody is."""

    id: UUID
    name: str


@dataclass(frozen=True)
class Entry:
    """A file or a folder. ``total`` counts all of a list, on every line."""

    id: UUID
    folder_id: UUID | None
    is_folder: bool
    name: str
    object: str | None
    size: int
    type: str
    shared_until: datetime | None
    created_at: datetime
    deleted_at: datetime | None
    is_shared: bool
    total: int

    @property
    def stored(self) -> str:
        """The object's name in the bucket; only a file has one."""
        if self.object is None:
            raise LookupError(f"{self.id} is a folder")
        return self.object

    @property
    def is_picture(self) -> bool:
        """Whether it can be looked at here."""
        return self.type in _PICTURES

    @property
    def symbol(self) -> str:
        """The icon that stands for it."""
        if self.is_folder:
            return "folder"
        kind = self.type.partition("/")[0]
        if kind in ("image", "video", "audio"):
            return {"image": "image", "video": "film", "audio": "music"}[kind]
        if self.type in _ARCHIVES:
            return "file-archive"
        return "file-text" if kind == "text" or "document" in self.type else "file"


@dataclass(frozen=True)
class Listing:
    """One page of what lies in a folder, and the way there from the topmost."""

    path: list[Folder]
    rows: list[Entry]
    number: int

    @property
    def folder_id(self) -> UUID | None:
        """The folder; None is the topmost."""
        return self.path[-1].id if self.path else None

    @property
    def total(self) -> int:
        """How many files and folders there are on all pages."""
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
