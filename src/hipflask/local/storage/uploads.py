"""Taking an object in: may it be, its bytes to disk, its row into the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from hipflask.local.storage import buckets, objects
from hipflask.local.storage.bodies import Upload
from hipflask.local.storage.buckets import Bucket
from hipflask.local.storage.database import Database, Row, Scope
from hipflask.local.storage.errors import already_exists, from_database, too_large
from hipflask.local.storage.files import FileStore, Written
from hipflask.local.storage.mime_types import require_taken
from hipflask.local.storage.names import is_folder_placeholder, require_key
from hipflask.local.storage.objects import NewObject, StoredObject
from hipflask.local.storage.sizes import effective_limit
from hipflask.local.storage.timestamps import iso

if TYPE_CHECKING:
    from datetime import datetime

    from hipflask.local.storage.context import StorageContext


@dataclass(frozen=True, slots=True)
class Target:
    """Where an upload goes, for whom, and whether it may replace what is there."""

    bucket_id: str
    name: str
    owner: str | None
    upsert: bool


def require_permission(
    database: Database,
    scope: Scope,
    target: Target,
    *,
    metadata: Mapping[str, Any] | None = None,
    user_metadata: Mapping[str, Any] | None = None,
) -> None:
    """Raise AccessDenied or KeyAlreadyExists unless row-level security lets the object be written.

    Policies see ``metadata`` with what is known before the bytes are: type and announced length.
    """
    _, permission = ask_permission(
        database, scope, target, metadata=metadata, user_metadata=user_metadata
    )
    permission()


def ask_permission(
    database: Database,
    scope: Scope,
    target: Target,
    *,
    metadata: Mapping[str, Any] | None = None,
    user_metadata: Mapping[str, Any] | None = None,
) -> tuple[list[Row], Callable[[], None]]:
    """Return the bucket's row and, in the same trip, what ``require_permission`` would raise."""
    new = NewObject(target.bucket_id, target.name, target.owner, "1", metadata, user_metadata)
    found, rows = database.ask_both(
        (buckets.FIND, (target.bucket_id,)),
        scope,
        objects.insertion(new, upsert=target.upsert),
        undo=True,
    )

    def permission() -> None:
        try:
            rows()
        except psycopg.errors.UniqueViolation as error:
            raise already_exists("KeyAlreadyExists", target.name) from error
        except psycopg.Error as error:
            raise from_database(error) from error

    return found, permission


def require_acceptable(upload_type: str, bucket: Bucket, name: str) -> None:
    """Raise InvalidMimeType unless the bucket takes this type."""
    if not is_folder_placeholder(name):
        require_taken(upload_type, bucket.allowed_mime_types)


def size_limit(context: StorageContext, bucket: Bucket, name: str) -> int:
    """Return how many bytes an object of this name may have; a folder's placeholder has none."""
    if is_folder_placeholder(name):
        return 0
    return effective_limit(bucket.file_size_limit, context.config.file_size_limit)


def take_in(
    context: StorageContext,
    scope: Scope,
    target: Target,
    upload: Upload,
    *,
    announced_length: int | None = None,
    robots_tag: str = "",
    now: datetime,
) -> StoredObject:
    """Take a whole upload in and return its row. On any error nothing is kept.

    Raises NoSuchBucket, InvalidMimeType, EntityTooLarge, AccessDenied and others, in the reference
    server's order.
    """
    known: dict[str, Any] = {"mimetype": upload.content_type}
    if announced_length is not None:
        known["contentLength"] = announced_length
    found, permission = ask_permission(
        context.database, scope, target, metadata=known, user_metadata=upload.user_metadata
    )
    bucket = buckets.of_rows(found, target.bucket_id)
    require_acceptable(upload.content_type, bucket, target.name)
    limit = size_limit(context, bucket, target.name)
    if upload.length is not None and upload.length > limit:
        raise too_large()
    require_key(target.name)
    permission()
    written = context.files.write(upload.source, limit=limit)
    try:
        metadata = object_metadata(
            written, content_type=upload.content_type, cache_control=upload.cache_control, now=now
        )
        if robots_tag:
            metadata["xRobotsTag"] = robots_tag
        user_metadata = dict(upload.user_metadata or {})
    except BaseException:
        context.files.discard(written.version)
        raise
    return complete(context, target, written.version, metadata, user_metadata)


def complete(
    context: StorageContext,
    target: Target,
    version: str,
    metadata: Mapping[str, Any],
    user_metadata: Mapping[str, Any] | None,
) -> StoredObject:
    """Let the database point to a version that lies on disk, and drop the one it replaces.

    Permission was asked before. On an error the version is dropped.
    """
    files = context.files
    try:
        new = NewObject(
            target.bucket_id, target.name, target.owner, version, metadata, user_metadata
        )
        stored, replaced = _put_row(context.database, files, new, may_be_first=not target.upsert)
    except psycopg.Error as error:
        if error.sqlstate is None:
            raise  # the connection broke: whether it was committed, the next start finds out
        files.discard(version)
        raise from_database(error) from error
    except BaseException:
        files.discard(version)
        raise
    files.keep(version)
    if replaced is not None and replaced != version:
        files.discard(replaced)
    return stored


def object_metadata(
    written: Written, *, content_type: str, cache_control: str, now: datetime
) -> dict[str, Any]:
    """Return what Storage notes about an object."""
    return {
        "eTag": f'"{written.md5}"',
        "size": written.size,
        "mimetype": content_type,
        "cacheControl": cache_control,
        "lastModified": iso(now),
        "contentLength": written.size,
        "httpStatusCode": 200,
    }


def _put_row(
    database: Database, files: FileStore, new: NewObject, *, may_be_first: bool
) -> tuple[StoredObject, str | None]:
    """Write an object's row; return it and the version that it replaces.

    ``may_be_first`` is a guess that saves a trip where it is right, and costs one where it is not.
    """
    # Two uploads of one name take turns, so that each sees whom it replaces.
    turn = (objects.LOCK, (new.bucket_id, new.name))
    if may_be_first and (rows := database.tell(turn, objects.first_insertion(new))):
        return StoredObject(*rows[0]), None
    with database.as_owner() as tx:
        tx.begin_with(*turn)
        old = tx.row(
            "select version from storage.objects where bucket_id = %s and name = %s for update",
            (new.bucket_id, new.name),
        )
        replaced = str(old[0]) if old and old[0] else None
        if replaced is not None:
            files.mark([replaced])
        statement, values = objects.insertion(new, upsert=True)
        rows = tx.commit_with(f"{statement} returning {objects.COLUMNS}", values)
        return StoredObject(*rows[0]), replaced
