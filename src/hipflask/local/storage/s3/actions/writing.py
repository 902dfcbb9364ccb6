"""Writing one object."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hipflask.local.storage import uploads
from hipflask.local.storage.answers import Answer
from hipflask.local.storage.bodies import BodyUpload
from hipflask.local.storage.s3.checksums import PREFIX as CHECKSUM_PREFIX
from hipflask.local.storage.s3.conditions import refuse_conditional_write
from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.storage_call import StorageCall

_PLACEHOLDER: Final = ".emptyFolderPlaceholder"


def put_object(call: StorageCall) -> Answer:
    """Store an object. Nothing is kept unless the whole body came and everything promised holds."""
    refuse_conditional_write(call.headers)
    body = call.body()
    if body.length is None:
        raise S3Error("MissingContentLength")
    key = call.key
    if key.endswith("/") and body.length == 0:
        key += _PLACEHOLDER  # as Supabase's dashboard makes folders
    stored = uploads.take_in(
        call.context,
        call.scope,
        call.upload_target(key),
        BodyUpload(body, call.content_type, call.cache_control, call.metadata(), body.length),
        announced_length=body.length,
        now=call.now,
    )
    return Answer(200, [("ETag", stored.etag), *checksum_headers(body.checksums.items())])


def checksum_headers(checksums: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the headers that repeat checksums that held."""
    return [(CHECKSUM_PREFIX + name, value) for name, value in checksums]
