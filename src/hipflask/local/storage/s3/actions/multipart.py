"""Multipart uploads: beginning, completing, aborting and listing them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from hipflask.local.storage import buckets, uploads
from hipflask.local.storage.answers import Answer
from hipflask.local.storage.buckets import Bucket
from hipflask.local.storage.errors import too_large
from hipflask.local.storage.names import require_key
from hipflask.local.storage.s3 import unfinished
from hipflask.local.storage.s3.actions.buckets import require_existing
from hipflask.local.storage.s3.actions.listing import encoder
from hipflask.local.storage.s3.conditions import refuse_conditional_write
from hipflask.local.storage.s3.documents import CompletedPart, read_completion
from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.part_files import PartFiles
from hipflask.local.storage.s3.request import xml_answer
from hipflask.local.storage.s3.storage_call import StorageCall
from hipflask.local.storage.s3.unfinished import Part, Unfinished
from hipflask.local.storage.s3.xml import Value

SMALLEST_PART = 5 << 20
_MOST_LISTED = 1000


def create_multipart_upload(call: StorageCall) -> Answer:
    """Begin an upload in parts, which whoever may write the object may go on with."""
    require_key(call.key)
    new = Unfinished(
        str(uuid4()),
        *(call.bucket, call.key, call.scope.caller.user_id, call.now),
        {"mimetype": call.content_type, "cacheControl": call.cache_control},
        call.metadata(),
    )
    bucket = require_permission(call, new)
    uploads.require_acceptable(call.content_type, bucket, call.key)
    PartFiles(call.files).begin(new.id)
    with call.database.as_owner() as tx:
        unfinished.begin(tx, new)
    return xml_answer(
        "InitiateMultipartUploadResult",
        {"Bucket": call.bucket, "Key": call.key, "UploadId": new.id},
    )


def complete_multipart_upload(call: StorageCall) -> Answer:
    """Make an object of the parts that the client lists, or of all for an empty list."""
    refuse_conditional_write(call.headers)
    listed = read_completion(call.document())
    upload = require_upload(call)
    bucket = require_permission(call, upload)
    with call.database.as_owner() as tx:
        known = unfinished.parts(tx, upload.id)
    chosen = _chosen(listed, known)
    limit = uploads.size_limit(call.context, bucket, call.key)
    if sum(part.size for part in chosen) > limit:
        raise too_large()
    metadata = upload.metadata or {}
    written = PartFiles(call.files).join(upload.id, chosen, limit=limit)
    stored = uploads.complete(
        call.context,
        call.upload_target(),
        written.version,
        uploads.object_metadata(
            written,
            content_type=metadata.get("mimetype") or call.content_type,
            cache_control=metadata.get("cacheControl") or "no-cache",
            now=call.now,
        ),
        dict(upload.user_metadata or {}),
    )
    _end(call, upload)
    return xml_answer(
        "CompleteMultipartUploadResult",
        {
            "Location": f"{call.bucket}/{call.key}",
            "Bucket": call.bucket,
            "Key": call.key,
            "ETag": stored.etag,
        },
    )


def abort_multipart_upload(call: StorageCall) -> Answer:
    """Drop an upload and its parts."""
    upload = require_upload(call)
    require_permission(call, upload)
    _end(call, upload)
    return Answer(204)


def list_multipart_uploads(call: StorageCall) -> Answer:
    """List the uploads under way that the caller may see (a policy of the table must say so)."""
    limit = call.number("max-uploads", _MOST_LISTED, _MOST_LISTED)
    if limit == 0:
        raise S3Error("InvalidArgument", "max-uploads must be between 1 and 1000")
    require_existing(call)
    encoded = encoder(call)
    prefix, delimiter, key_marker, id_marker = (
        call.query.get(name, "")
        for name in ("prefix", "delimiter", "key-marker", "upload-id-marker")
    )
    rows = call.database.ask(
        call.scope,
        "select key, id, created_at"
        " from storage.list_multipart_uploads_with_delimiter(%s, %s, %s, %s, %s, %s)",
        (call.bucket, prefix, delimiter, limit + 1, key_marker, id_marker if key_marker else ""),
    )
    shown = rows[:limit]
    found: list[Value] = []
    common: list[Value] = []
    for key, upload_id, created_at in shown:
        if delimiter and delimiter in key[len(prefix) :]:
            common.append({"Prefix": encoded(key)})
        else:
            line = {"Key": encoded(key), "UploadId": upload_id, "Initiated": created_at}
            found.append({**line, "StorageClass": "STANDARD"})
    more = len(rows) > limit
    return xml_answer(
        "ListMultipartUploadsResult",
        {
            "Bucket": call.bucket,
            "KeyMarker": encoded(key_marker),
            "UploadIdMarker": id_marker,
            "NextKeyMarker": encoded(shown[-1][0]) if more else None,
            "NextUploadIdMarker": shown[-1][1] if more else None,
            "Prefix": encoded(prefix),
            "Delimiter": encoded(delimiter) if delimiter else None,
            "EncodingType": call.query.get("encoding-type") or None,
            "MaxUploads": limit,
            "IsTruncated": more,
            "Upload": found,
            "CommonPrefixes": common,
        },
    )


def require_upload(call: StorageCall) -> Unfinished:
    """Return the upload that a request names, or raise NoSuchUpload."""
    with call.database.as_owner() as tx:
        return unfinished.require(tx, call.query.get("uploadId", ""), call.bucket, call.key)


def require_permission(call: StorageCall, upload: Unfinished) -> Bucket:
    """Return the bucket, or raise AccessDenied unless the caller may write the object."""
    rows, permission = uploads.ask_permission(
        call.database,
        call.scope,
        call.upload_target(),
        metadata=upload.metadata,
        user_metadata=upload.user_metadata,
    )
    bucket = buckets.of_rows(rows, call.bucket)
    permission()
    return bucket


def _chosen(listed: Sequence[CompletedPart], known: Sequence[Part]) -> list[Part]:
    """Return the listed parts, or raise InvalidPart or EntityTooSmall."""
    there = {part.number: part for part in known}
    chosen = list(known) if not listed else []
    for asked in listed:
        part = there.get(asked.number)
        if part is None or part.etag.strip('"') != asked.etag:
            raise S3Error("InvalidPart", details={"PartNumber": str(asked.number)})
        chosen.append(part)
    if not chosen:
        raise S3Error("InvalidPart")
    for part in chosen[:-1]:
        if part.size < SMALLEST_PART:
            raise S3Error(
                "EntityTooSmall",
                details={
                    "PartNumber": str(part.number),
                    "ProposedSize": str(part.size),
                    "MinSizeAllowed": str(SMALLEST_PART),
                },
            )
    return chosen


def _end(call: StorageCall, upload: Unfinished) -> None:
    with call.database.as_owner() as tx:
        unfinished.end(tx, upload.id)
    PartFiles(call.files).end(upload.id)
