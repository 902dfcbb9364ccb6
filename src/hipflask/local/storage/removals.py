"""Deleting objects and buckets, their files included."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from hipflask.local.storage import buckets, objects
from hipflask.local.storage.database import Database, Scope, despite_deadlocks
from hipflask.local.storage.errors import StorageError, access_denied
from hipflask.local.storage.objects import StoredObject

if TYPE_CHECKING:
    from hipflask.local.storage.context import StorageContext

_BATCH: Final = 500


def remove(context: StorageContext, scope: Scope, bucket_id: str, name: str) -> StoredObject:
    """Delete one object. Raises NoSuchKey when there is none, AccessDenied when it must stay."""

    def gone() -> list[StoredObject]:
        with context.database.as_owner() as tx:
            objects.require(tx, bucket_id, name, lock=True)
            tx.become(scope)
            deleted = objects.delete_many(tx, bucket_id, [name])
            if not deleted:
                raise access_denied()
            _mark(context, deleted)
            return deleted

    deleted = despite_deadlocks(gone)
    _drop(context, deleted)
    return deleted[0]


def remove_many(
    context: StorageContext, scope: Scope | None, bucket_id: str, names: Sequence[str]
) -> list[StoredObject]:
    """Delete those objects that are there and may be deleted, and return them."""
    deleted: list[StoredObject] = []
    for start in range(0, len(names), _BATCH):
        batch = names[start : start + _BATCH]
        gone = despite_deadlocks(partial(_removed, context, scope, bucket_id, batch))
        _drop(context, gone)
        deleted += gone
    return deleted


def _removed(
    context: StorageContext, scope: Scope | None, bucket_id: str, names: Sequence[str]
) -> list[StoredObject]:
    owner = context.database.as_owner()
    with owner if scope is None else context.database.as_caller(scope) as tx:
        gone = objects.delete_many(tx, bucket_id, names)
        _mark(context, gone)
        return gone


def remove_all(context: StorageContext, bucket_id: str) -> None:
    """Delete every object in a bucket, whoever it belongs to."""
    while True:
        rows = context.database.ask(
            None,
            "select name from storage.objects where bucket_id = %s"
            f' order by name collate "C" limit {_BATCH}',
            (bucket_id,),
        )
        if not rows or not remove_many(context, None, bucket_id, [str(row[0]) for row in rows]):
            return


def remove_bucket(database: Database, scope: Scope, bucket_id: str) -> None:
    """Delete an empty bucket. Raises NoSuchBucket, or ResourceNotEmpty even for those who may not.

    The order of the questions is the reference server's (``src/storage/storage.ts``).
    """
    with database.as_owner() as tx:
        buckets.require(tx, bucket_id, lock=True)
        if not objects.is_empty(tx, bucket_id):
            message = "The bucket you tried to delete is not empty"
            raise StorageError("ResourceNotEmpty", message, status=409, resource=bucket_id)
        tx.become(scope)
        buckets.delete(tx, bucket_id)


def _mark(context: StorageContext, deleted: Sequence[StoredObject]) -> None:
    context.files.mark(one.version for one in deleted if one.version)


def _drop(context: StorageContext, deleted: Sequence[StoredObject]) -> None:
    for one in deleted:
        if one.version:
            context.files.discard(one.version)
