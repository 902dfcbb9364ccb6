"""The rows of ``storage.buckets``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import psycopg

from hipflask.local.storage.database import Row, Transaction
from hipflask.local.storage.errors import already_exists, no_such_bucket
from hipflask.local.storage.timestamps import iso

COLUMNS: Final = (
    "id, name, owner, public, file_size_limit, allowed_mime_types, created_at, updated_at"
)
FIND: Final = f"select {COLUMNS} from storage.buckets where id = %s"
#: A bigint of PostgreSQL.
_MOST: Final = 2**63 - 1
_SORTABLE: Final = ("id", "name", "created_at", "updated_at")


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket. ``file_size_limit`` is in bytes."""

    id: str
    name: str
    owner: UUID | None
    public: bool
    file_size_limit: int | None
    allowed_mime_types: list[str] | None
    created_at: datetime
    updated_at: datetime

    @property
    def body(self) -> dict[str, Any]:
        """The bucket as the API shows it."""
        return {
            "id": self.id,
            "name": self.name,
            "owner": str(self.owner or ""),
            "public": self.public,
            "file_size_limit": self.file_size_limit,
            "allowed_mime_types": self.allowed_mime_types,
            "created_at": iso(self.created_at),
            "updated_at": iso(self.updated_at),
        }


def of_rows(rows: list[Row], bucket_id: str) -> Bucket:
    """Return the bucket that ``FIND`` found, or raise NoSuchBucket."""
    if not rows:
        raise no_such_bucket(bucket_id)
    return Bucket(*rows[0])


def find(tx: Transaction, bucket_id: str, *, lock: bool = False) -> Bucket | None:
    """Return the bucket, or None where there is none that may be seen."""
    row = tx.row(FIND + (" for update" if lock else ""), (bucket_id,))
    return Bucket(*row) if row else None


def require(tx: Transaction, bucket_id: str, *, lock: bool = False) -> Bucket:
    """Return the bucket, or raise NoSuchBucket."""
    bucket = find(tx, bucket_id, lock=lock)
    if bucket is None:
        raise no_such_bucket(bucket_id)
    return bucket


def create(
    tx: Transaction,
    bucket_id: str,
    *,
    name: str,
    owner: str | None,
    public: bool,
    file_size_limit: int | None,
    allowed_mime_types: list[str] | None,
) -> None:
    """Add a bucket, or raise BucketAlreadyExists."""
    try:
        tx.rows(
            "insert into storage.buckets"
            " (id, name, owner, owner_id, public, file_size_limit, allowed_mime_types)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            (
                *(bucket_id, name, owner_uuid(owner), owner),
                *(public, file_size_limit, allowed_mime_types),
            ),
        )
    except psycopg.errors.UniqueViolation as error:
        raise already_exists("BucketAlreadyExists", bucket_id) from error


def update(tx: Transaction, bucket_id: str, changes: dict[str, Any]) -> None:
    """Set the columns in ``changes`` (their names are ours), or raise NoSuchBucket."""
    assignments = ", ".join(f"{column} = %s" for column in changes)
    changed = tx.rows(
        f"update storage.buckets set {assignments} where id = %s returning id",
        (*changes.values(), bucket_id),
    )
    if not changed:
        raise no_such_bucket(bucket_id)


def listed(
    tx: Transaction,
    *,
    search: str = "",
    sort_column: str = "",
    descending: bool = False,
    limit: int | None = None,
    offset: int = 0,
) -> list[Bucket]:
    """Return the buckets that may be seen and whose name contains ``search``."""
    order = ""
    if sort_column in _SORTABLE:
        order = f" order by {sort_column} {'desc' if descending else 'asc'}"
    pattern = f"%{escape_like(search)}%"
    rows = tx.rows(
        f"select {COLUMNS} from storage.buckets where name ilike %s{order} limit %s offset %s",
        (pattern, limit if limit is None else min(limit, _MOST), min(offset, _MOST)),
    )
    return [Bucket(*row) for row in rows]


def delete(tx: Transaction, bucket_id: str) -> None:
    """Delete an empty bucket, or raise NoSuchBucket when that is not allowed."""
    if not tx.rows("delete from storage.buckets where id = %s returning id", (bucket_id,)):
        raise no_such_bucket(bucket_id)


def owner_uuid(owner: str | None) -> UUID | None:
    """Return the older of the two owner columns, which holds UUIDs alone."""
    try:
        return UUID(owner) if owner else None
    except ValueError:
        return None


def escape_like(text: str) -> str:
    """Return ``text`` as a LIKE pattern that matches only itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
