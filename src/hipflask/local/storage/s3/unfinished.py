"""The rows of multipart uploads that are under way, and of the parts that have come.

A part's ``version`` is the name of its file (``part_files.py``). A part that is sent again gets
another file, so a reader never sees half of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from hipflask.local.storage.database import Transaction
from hipflask.local.storage.s3.documents import MOST_PARTS
from hipflask.local.storage.s3.errors import S3Error

_UPLOAD: Final = "id, bucket_id, key, owner_id, created_at, metadata, user_metadata"
_PART: Final = "part_number, version, etag, size, created_at"


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A multipart upload. ``metadata`` holds ``mimetype`` and ``cacheControl``."""

    id: str
    bucket_id: str
    key: str
    owner_id: str | None
    created_at: datetime
    metadata: Mapping[str, Any] | None
    user_metadata: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Part:
    """A part that lies on disk. ``etag`` is quoted."""

    number: int
    version: str
    etag: str
    size: int
    created_at: datetime


def begin(tx: Transaction, new: Unfinished) -> None:
    """Add an upload."""
    tx.rows(
        f"insert into storage.s3_multipart_uploads ({_UPLOAD}, version, upload_signature)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, '')",
        (
            *(new.id, new.bucket_id, new.key, new.owner_id, new.created_at),
            *(Jsonb(dict(new.metadata or {})), Jsonb(dict(new.user_metadata or {})), new.id),
        ),
    )


def require(
    tx: Transaction, upload_id: str, bucket_id: str, key: str, *, lock: bool = False
) -> Unfinished:
    """Return the upload of this object, or raise NoSuchUpload."""
    row = tx.row(
        f"select {_UPLOAD} from storage.s3_multipart_uploads"
        f" where id = %s and bucket_id = %s and key = %s{' for update' if lock else ''}",
        (upload_id, bucket_id, key),
    )
    if row is None or not is_id(upload_id):
        raise S3Error("NoSuchUpload")
    return Unfinished(*row)


def parts(
    tx: Transaction, upload_id: str, *, after: int = 0, limit: int = MOST_PARTS
) -> list[Part]:
    """Return the parts that have come, by number."""
    rows = tx.rows(
        f"select {_PART} from storage.s3_multipart_uploads_parts"
        " where upload_id = %s and part_number > %s order by part_number limit %s",
        (upload_id, after, limit),
    )
    return [Part(*row) for row in rows]


def size_without(tx: Transaction, upload_id: str, number: int) -> int:
    """Return how many bytes the other parts have."""
    row = tx.row(
        "select coalesce(sum(size), 0)::bigint from storage.s3_multipart_uploads_parts"
        " where upload_id = %s and part_number <> %s",
        (upload_id, number),
    )
    return int(row[0]) if row else 0


def put_part(tx: Transaction, upload: Unfinished, part: Part, *, total: int) -> list[str]:
    """Add a part in the place of the one of its number; return the versions that it replaces."""
    replaced = tx.rows(
        "delete from storage.s3_multipart_uploads_parts"
        " where upload_id = %s and part_number = %s returning version",
        (upload.id, part.number),
    )
    tx.rows(
        "insert into storage.s3_multipart_uploads_parts"
        f" (upload_id, bucket_id, key, owner_id, {_PART})"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            *(upload.id, upload.bucket_id, upload.key, upload.owner_id),
            *(part.number, part.version, part.etag, part.size, part.created_at),
        ),
    )
    tx.rows(
        "update storage.s3_multipart_uploads set in_progress_size = %s where id = %s",
        (total, upload.id),
    )
    return [str(row[0]) for row in replaced]


def end(tx: Transaction, upload_id: str) -> None:
    """Forget an upload; its parts go with it."""
    tx.rows("delete from storage.s3_multipart_uploads where id = %s", (upload_id,))


def end_older(tx: Transaction, moment: datetime) -> None:
    """Forget the uploads that began before ``moment``."""
    tx.rows("delete from storage.s3_multipart_uploads where created_at < %s", (moment,))


def versions(tx: Transaction) -> dict[str, set[str]]:
    """Return the versions of each upload's parts, an empty set where none has come."""
    found: dict[str, set[str]] = {}
    for upload_id, version in tx.rows(
        "select u.id, p.version from storage.s3_multipart_uploads u"
        " left join storage.s3_multipart_uploads_parts p on p.upload_id = u.id"
    ):
        found.setdefault(upload_id, set()).add(version or "")
    return found


def is_id(text: str) -> bool:
    """Tell whether ``text`` may be an upload's id or a part's version, and so name a file."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
