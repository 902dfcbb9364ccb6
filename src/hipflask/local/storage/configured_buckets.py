"""The buckets that ``[storage.buckets]`` of ``config.toml`` asks for, with their first objects.

The Supabase CLI makes them at ``supabase start`` and ``db reset``; its documentation is the source.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING

from hipflask.local.storage import uploads
from hipflask.local.storage.database import Database
from hipflask.local.storage.mime_types import OCTET_STREAM, require_listed
from hipflask.local.storage.names import require_key, require_new_bucket_name
from hipflask.local.storage.uploads import Target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hipflask.local.config import BucketConfig
    from hipflask.local.storage.context import StorageContext


def make_configured_buckets(context: StorageContext, supabase_folder: Path) -> None:
    """Make the buckets, change those that are there already, and add objects that are missing."""
    buckets = context.config.buckets
    if not buckets:
        return
    _make(context.database, buckets)
    for name, bucket in buckets.items():
        if bucket.objects_path:
            _fill(context, name, supabase_folder / bucket.objects_path)


def _make(database: Database, buckets: Mapping[str, BucketConfig]) -> None:
    with database.as_owner() as tx:
        for name, bucket in buckets.items():
            tx.rows(
                "insert into storage.buckets"
                " (id, name, public, file_size_limit, allowed_mime_types)"
                " values (%s, %s, %s, %s, %s) on conflict (id) do update set"
                " public = excluded.public, file_size_limit = excluded.file_size_limit,"
                " allowed_mime_types = excluded.allowed_mime_types",
                (
                    *(require_new_bucket_name(name), name, bucket.public),
                    bucket.file_size_limit or None,
                    require_listed(bucket.allowed_mime_types) or None,
                ),
            )


def _fill(context: StorageContext, bucket_id: str, folder: Path) -> None:
    with context.database.as_owner() as tx:
        rows = tx.rows("select name from storage.objects where bucket_id = %s", (bucket_id,))
    there = {str(row[0]) for row in rows}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if name not in there:
            _add(context, Target(bucket_id, require_key(name), None, upsert=True), path)


def _add(context: StorageContext, target: Target, path: Path) -> None:
    limit = context.config.file_size_limit
    with path.open("rb") as file:
        written = context.files.write(file, limit=limit)
    metadata = uploads.object_metadata(
        written,
        content_type=mimetypes.guess_type(path.name)[0] or OCTET_STREAM,
        cache_control="no-cache",
        now=context.clock.now(),
    )
    uploads.complete(context, target, written.version, metadata, {})
