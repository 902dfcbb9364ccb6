"""Which object a request may read."""

from __future__ import annotations

from hipflask.local.storage import buckets, objects
from hipflask.local.storage.call import Call
from hipflask.local.storage.errors import no_such_bucket
from hipflask.local.storage.objects import StoredObject

_PUBLIC_OBJECT = (
    f"select {objects.COLUMNS} from storage.objects where bucket_id = %s and name = %s"
    " and exists (select from storage.buckets where id = %s and public)"
)


def visible_object(call: Call, bucket_id: str, name: str) -> StoredObject:
    """Return an object that the caller may see, or one of a public bucket.

    Raises NoSuchBucket or NoSuchKey; whether a private bucket exists is told to token holders only.
    """
    caller = call.caller
    statement = (objects.FIND, (bucket_id, name))
    found, rows = call.database.ask_both((buckets.FIND, (bucket_id,)), call.scope, statement)
    bucket = buckets.of_rows(found, bucket_id)
    if bucket.public:
        return objects.of_rows(call.database.ask(None, *statement), name)
    if not caller.is_authenticated:
        raise no_such_bucket(bucket_id)
    return objects.of_rows(rows(), name)


def public_object(call: Call, bucket_id: str, name: str) -> StoredObject:
    """Return an object of a public bucket, or raise NoSuchBucket or NoSuchKey."""
    rows = call.database.ask(None, _PUBLIC_OBJECT, (bucket_id, name, bucket_id))
    if not rows:
        found = call.database.ask(None, buckets.FIND, (bucket_id,))
        if not buckets.of_rows(found, bucket_id).public:
            raise no_such_bucket(bucket_id)
    return objects.of_rows(rows, name)
