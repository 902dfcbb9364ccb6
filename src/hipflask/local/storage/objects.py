"""The rows of ``storage.objects``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from hipflask.local.storage.buckets import owner_uuid
from hipflask.local.storage.database import Row, Transaction
from hipflask.local.storage.errors import already_exists, no_such_key
from hipflask.local.storage.timestamps import from_iso, iso

COLUMNS: Final = (
    "id, bucket_id, name, owner, owner_id, version, metadata, user_metadata,"
    " created_at, updated_at, last_accessed_at"
)
FIND: Final = f"select {COLUMNS} from storage.objects where bucket_id = %s and name = %s"
_INSERT: Final = (
    "insert into storage.objects"
    " (bucket_id, name, owner, owner_id, version, metadata, user_metadata)"
    " values (%s, %s, %s, %s, %s, %s, %s)"
)
# A value that is not given leaves the old one, as there.
_UPSERT: Final = (
    _INSERT + " on conflict (name, bucket_id) do update set version = excluded.version,"
    " metadata = coalesce(excluded.metadata, objects.metadata),"
    " user_metadata = coalesce(excluded.user_metadata, objects.user_metadata),"
    " owner = coalesce(excluded.owner, objects.owner),"
    " owner_id = coalesce(excluded.owner_id, objects.owner_id)"
)
#: Takes the two names' turn; ends with the transaction.
LOCK: Final = "select pg_advisory_xact_lock(hashtextextended(%s || '/' || %s, 0))"


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object's row. ``metadata`` is Storage's own; ``user_metadata`` the client's."""

    id: UUID
    bucket_id: str
    name: str
    owner: UUID | None
    owner_id: str | None
    version: str | None
    metadata: Mapping[str, Any] | None
    user_metadata: Mapping[str, Any] | None
    created_at: datetime
    updated_at: datetime
    last_accessed_at: datetime | None

    @property
    def size(self) -> int:
        """Its size in bytes."""
        size = (self.metadata or {}).get("size", 0)
        return size if isinstance(size, int) else 0

    @property
    def etag(self) -> str:
        """The quoted MD5 of its content."""
        return str((self.metadata or {}).get("eTag", ""))

    @property
    def content_type(self) -> str:
        """The MIME type that it was uploaded with."""
        return str((self.metadata or {}).get("mimetype") or "application/octet-stream")

    @property
    def cache_control(self) -> str:
        """The Cache-Control header that it is served with."""
        return str((self.metadata or {}).get("cacheControl") or "no-cache")

    @property
    def last_modified(self) -> datetime:
        """When its content was written."""
        text = (self.metadata or {}).get("lastModified")
        return (from_iso(text) if isinstance(text, str) else None) or self.updated_at

    @property
    def body(self) -> dict[str, Any]:
        """The whole row as the API shows it: texts that are null become empty."""
        return {
            "name": self.name,
            "bucket_id": self.bucket_id,
            "owner": str(self.owner or ""),
            "owner_id": self.owner_id or "",
            "version": self.version or "",
            "id": str(self.id),
            "updated_at": iso(self.updated_at),
            "created_at": iso(self.created_at),
            "last_accessed_at": iso(self.last_accessed_at),
            "metadata": self.metadata,
            "user_metadata": self.user_metadata,
        }


@dataclass(frozen=True, slots=True)
class NewObject:
    """What a row to be written says."""

    bucket_id: str
    name: str
    owner: str | None
    version: str
    metadata: Mapping[str, Any] | None
    user_metadata: Mapping[str, Any] | None

    @property
    def values(self) -> tuple[Any, ...]:
        """The values of ``insert``, in their order."""
        return (
            *(self.bucket_id, self.name, owner_uuid(self.owner), self.owner, self.version),
            None if self.metadata is None else Jsonb(dict(self.metadata)),
            None if self.user_metadata is None else Jsonb(self.user_metadata),
        )


def insertion(new: NewObject, *, upsert: bool) -> tuple[str, Sequence[Any]]:
    """Return the statement that writes ``new``, and its parameters."""
    return (_UPSERT if upsert else _INSERT), new.values


def first_insertion(new: NewObject) -> tuple[str, Sequence[Any]]:
    """Return the statement that writes ``new`` and returns its row, or nothing if it is there."""
    return f"{_INSERT} on conflict (name, bucket_id) do nothing returning {COLUMNS}", new.values


def of_rows(rows: list[Row], name: str) -> StoredObject:
    """Return the object that ``FIND`` found, or raise NoSuchKey."""
    if not rows:
        raise no_such_key(name)
    return StoredObject(*rows[0])


def find(tx: Transaction, bucket_id: str, name: str, *, lock: bool = False) -> StoredObject | None:
    """Return the object, or None where there is none that may be seen."""
    row = tx.row(FIND + (" for update" if lock else ""), (bucket_id, name))
    return StoredObject(*row) if row else None


def require(tx: Transaction, bucket_id: str, name: str, *, lock: bool = False) -> StoredObject:
    """Return the object, or raise NoSuchKey."""
    found = find(tx, bucket_id, name, lock=lock)
    if found is None:
        raise no_such_key(name)
    return found


def find_many(tx: Transaction, bucket_id: str, names: Sequence[str]) -> list[StoredObject]:
    """Return those of the named objects that exist and may be seen."""
    rows = tx.rows(
        f"select {COLUMNS} from storage.objects where bucket_id = %s and name = any(%s)",
        (bucket_id, list(names)),
    )
    return [StoredObject(*row) for row in rows]


def take_turns(tx: Transaction, *names: tuple[str, str]) -> None:
    """Let no upload to these buckets' names run until the end of the transaction.

    An upload finds out whom it replaces before it does. An object that takes the name in between
    would be replaced with nobody knowing of it, and its file would stay for ever.
    """
    for bucket_id, name in sorted(set(names)):
        tx.rows(LOCK, (bucket_id, name))


def insert(tx: Transaction, new: NewObject) -> None:
    """Add a row, or raise KeyAlreadyExists."""
    try:
        tx.rows(_INSERT, new.values)
    except psycopg.errors.UniqueViolation as error:
        raise already_exists("KeyAlreadyExists", new.name) from error


def upsert(tx: Transaction, new: NewObject) -> StoredObject:
    """Add a row, or change the one that is there, and return it."""
    rows = tx.rows(f"{_UPSERT} returning {COLUMNS}", new.values)
    return StoredObject(*rows[0])


def update(
    tx: Transaction, bucket_id: str, name: str, *, to_bucket: str, to_name: str, owner: str | None
) -> StoredObject:
    """Give an object another name or bucket, or raise NoSuchKey when that is not allowed."""
    try:
        row = tx.row(
            "update storage.objects set bucket_id = %s, name = %s,"
            " owner = coalesce(%s, owner), owner_id = coalesce(%s, owner_id)"
            f" where bucket_id = %s and name = %s returning {COLUMNS}",
            (to_bucket, to_name, owner_uuid(owner), owner, bucket_id, name),
        )
    except psycopg.errors.UniqueViolation as error:
        raise already_exists("ResourceAlreadyExists", to_name) from error
    if row is None:
        raise no_such_key(name)
    return StoredObject(*row)


def delete_many(tx: Transaction, bucket_id: str, names: Sequence[str]) -> list[StoredObject]:
    """Delete those of the named objects that exist and may be deleted, and return them."""
    rows = tx.rows(
        f"delete from storage.objects where bucket_id = %s and name = any(%s) returning {COLUMNS}",
        (bucket_id, list(names)),
    )
    return [StoredObject(*row) for row in rows]


def is_empty(tx: Transaction, bucket_id: str) -> bool:
    """Tell whether a bucket holds no object that may be seen."""
    return (
        tx.row("select 1 from storage.objects where bucket_id = %s limit 1", (bucket_id,)) is None
    )
