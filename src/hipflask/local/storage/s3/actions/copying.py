"""Copying an object."""

from __future__ import annotations

from hipflask.local.storage import buckets, uploads
from hipflask.local.storage.answers import Answer
from hipflask.local.storage.names import require_key
from hipflask.local.storage.replacements import ReplacedMeanwhileError
from hipflask.local.storage.s3.actions.reading import found
from hipflask.local.storage.s3.conditions import refuse_conditional_write, require_source
from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.request import xml_answer
from hipflask.local.storage.s3.storage_call import StorageCall
from hipflask.local.storage.timestamps import iso


def copy_object(call: StorageCall) -> Answer:
    """Copy an object that the caller may see to where the caller may write.

    What was found is what is copied, and what the conditions were asked about: a version does not
    change when somebody replaces the object meanwhile.
    """
    refuse_conditional_write(call.headers)
    source_bucket, source_name = call.copy_source()
    require_key(call.key)
    source = found(call, source_bucket, source_name)
    require_source(call.headers, source)
    metadata, user_metadata = dict(source.metadata or {}), source.user_metadata
    if _replaces_metadata(call):
        metadata |= {"mimetype": call.content_type, "cacheControl": call.cache_control}
        user_metadata = call.metadata()
    target = call.upload_target()
    rows, permission = uploads.ask_permission(
        call.database, call.scope, target, metadata=metadata, user_metadata=user_metadata
    )
    buckets.of_rows(rows, call.bucket)
    permission()
    try:
        version = call.files.copy(source.version or "")
    except FileNotFoundError:
        raise ReplacedMeanwhileError(source_name) from None
    metadata["lastModified"] = iso(call.now)
    stored = uploads.complete(call.context, target, version, metadata, user_metadata or {})
    return xml_answer(
        "CopyObjectResult", {"ETag": stored.etag, "LastModified": stored.last_modified}
    )


def _replaces_metadata(call: StorageCall) -> bool:
    match call.headers.get("x-amz-metadata-directive", "COPY").upper():
        case "COPY":
            return False
        case "REPLACE":
            return True
        case _:
            raise S3Error("InvalidArgument", "Unknown metadata directive.")
