"""Deleting objects."""

from __future__ import annotations

from hipflask.local.storage import objects
from hipflask.local.storage.answers import Answer
from hipflask.local.storage.errors import StorageError
from hipflask.local.storage.removals import remove, remove_many
from hipflask.local.storage.s3.actions.buckets import require_existing
from hipflask.local.storage.s3.documents import read_deletion
from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.request import xml_answer
from hipflask.local.storage.s3.storage_call import StorageCall
from hipflask.local.storage.s3.xml import Value


def delete_object(call: StorageCall) -> Answer:
    """Delete an object. That there is none is no error, as long as there is the bucket."""
    if call.query.get("versionId", "null") != "null":
        raise S3Error("NoSuchVersion")
    try:
        remove(call.context, call.scope, call.bucket, call.key)
    except StorageError as error:
        if error.code != "NoSuchKey":
            raise
        require_existing(call)
    return Answer(204)


def delete_objects(call: StorageCall) -> Answer:
    """Delete up to 1,000 objects; what must stay is told one by one."""
    asked = read_deletion(call.document())
    require_existing(call)
    names = list(dict.fromkeys(asked.keys))
    remove_many(call.context, call.scope, call.bucket, names)
    with call.database.as_owner() as tx:
        kept = {one.name for one in objects.find_many(tx, call.bucket, names)}
    deleted: Value = [{"Key": key} for key in asked.keys if key not in kept and not asked.quiet]
    refused: Value = [
        {"Key": key, "Code": "AccessDenied", "Message": "Access Denied"}
        for key in asked.keys
        if key in kept
    ]
    return xml_answer("DeleteResult", {"Deleted": deleted, "Error": refused})
