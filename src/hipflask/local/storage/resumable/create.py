"""``POST``: a new upload, perhaps with its first bytes."""

from __future__ import annotations

from uuid import uuid4

from hipflask.local.storage.answers import Answer
from hipflask.local.storage.call import Call
from hipflask.local.storage.errors import invalid_content_type
from hipflask.local.storage.mime_types import is_media_type
from hipflask.local.storage.names import require_bucket_name, require_key
from hipflask.local.storage.resumable import metadata as upload_metadata
from hipflask.local.storage.resumable import refusals
from hipflask.local.storage.resumable.desk import Desk, expiry_header
from hipflask.local.storage.resumable.headers import CHUNK_TYPE, number_in
from hipflask.local.storage.resumable.locations import location_of
from hipflask.local.storage.resumable.reception import receive
from hipflask.local.storage.resumable.shelf import Note
from hipflask.local.storage.resumable.visitors import visitor_of
from hipflask.local.storage.uploads import require_acceptable, size_limit


def create_upload(desk: Desk, call: Call) -> Answer:
    """Begin an upload for whom may write the object."""
    desk.sweep(call.now)
    note, limit = _permitted(call)
    desk.shelf.save(note)
    headers = [("Location", location_of(call, note.id))]
    carries_bytes = call.header("Content-Type") == CHUNK_TYPE
    offset = 0
    if carries_bytes or note.length == 0:
        offset = receive(desk, call, note, 0, limit=limit, carries_bytes=carries_bytes)
        headers.append(("Upload-Offset", str(offset)))
    if offset == note.length:
        headers.append(("Tus-Complete", "1"))
    else:
        headers.extend(expiry_header(note))
    return Answer(201, headers)


def _permitted(call: Call) -> tuple[Note, int]:
    """Return what the headers ask for and the limit, or raise as the reference server does."""
    if call.has_header("Upload-Concat"):
        raise refusals.no_concatenation()
    length = number_in(call, "Upload-Length")
    if (length is None) != call.has_header("Upload-Defer-Length"):
        raise refusals.no_length()
    if not call.has_header("Upload-Metadata"):
        raise refusals.no_metadata()
    metadata = upload_metadata.parsed(call.header("Upload-Metadata"))
    bucket_id = require_bucket_name(metadata.get("bucketName") or "")
    name = require_key(metadata.get("objectName") or "")
    visitor = visitor_of(call, bucket_id, name)
    note = Note(
        bucket_id=bucket_id,
        name=name,
        version=str(uuid4()),
        identity=visitor.identity,
        owner=visitor.owner,
        upsert=visitor.upsert,
        created_at=call.now.isoformat(),
        length=length,
        metadata=metadata | {"cacheControl": upload_metadata.cache_control(metadata)},
    )
    bucket, permission = visitor.ask(note)
    limit = size_limit(call.context, bucket, name)
    if length is not None and length > limit:
        raise refusals.above_limit()
    permission()
    content_type = upload_metadata.content_type(metadata)
    if not is_media_type(content_type):
        raise invalid_content_type()
    require_acceptable(content_type, bucket, name)
    return note, limit
