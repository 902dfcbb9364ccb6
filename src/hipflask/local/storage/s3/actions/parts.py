"""The parts of multipart uploads."""

from __future__ import annotations

import re
from typing import BinaryIO, Final

import psycopg

from hipflask.local.storage import uploads
from hipflask.local.storage.answers import Answer
from hipflask.local.storage.downloads import open_whole
from hipflask.local.storage.errors import invalid_range, too_large
from hipflask.local.storage.files import Readable
from hipflask.local.storage.s3 import unfinished
from hipflask.local.storage.s3.actions.buckets import require_existing
from hipflask.local.storage.s3.actions.multipart import require_permission, require_upload
from hipflask.local.storage.s3.actions.reading import found
from hipflask.local.storage.s3.actions.writing import checksum_headers
from hipflask.local.storage.s3.conditions import require_source
from hipflask.local.storage.s3.documents import part_number
from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.part_files import PartFiles
from hipflask.local.storage.s3.request import xml_answer
from hipflask.local.storage.s3.storage_call import StorageCall
from hipflask.local.storage.s3.unfinished import Part

_RANGE: Final = re.compile(r"bytes=([0-9]{1,18})-([0-9]{1,18})", re.ASCII)
_MOST_LISTED: Final = 1000


def upload_part(call: StorageCall) -> Answer:
    """Take a part in; one that is sent again replaces the first."""
    body = call.body()
    if body.length is None:
        raise S3Error("MissingContentLength")
    part = _take_in(call, body, body.length)
    return Answer(200, [("ETag", part.etag), *checksum_headers(body.checksums.items())])


def upload_part_copy(call: StorageCall) -> Answer:
    """Make a part of an object that the caller may see, or of a range of it."""
    source_bucket, source_name = call.copy_source()
    source = found(call, source_bucket, source_name)
    require_source(call.headers, source)
    start, length = 0, source.size
    if asked := call.headers.get("x-amz-copy-source-range"):
        start, length = _range(asked, source.size)
    with open_whole(call.files, source) as file:
        file.seek(start)
        part = _take_in(call, _Stretch(file, length), length)
    return xml_answer("CopyPartResult", {"ETag": part.etag, "LastModified": part.created_at})


def list_parts(call: StorageCall) -> Answer:
    """List the parts that the caller may see (a policy of the table must say so)."""
    upload = require_upload(call)
    limit = call.number("max-parts", _MOST_LISTED, _MOST_LISTED)
    marker = call.number("part-number-marker", 0, 1 << 30)
    with call.database.as_caller(call.scope) as tx:
        rows = unfinished.parts(tx, upload.id, after=marker, limit=limit + 1)
    shown, more = rows[:limit], len(rows) > limit
    return xml_answer(
        "ListPartsResult",
        {
            "Bucket": call.bucket,
            "Key": call.key,
            "UploadId": upload.id,
            "PartNumberMarker": marker,
            "NextPartNumberMarker": shown[-1].number if more and shown else None,
            "MaxParts": limit,
            "IsTruncated": more,
            "StorageClass": "STANDARD",
            "Part": [
                {
                    "PartNumber": part.number,
                    "LastModified": part.created_at,
                    "ETag": part.etag,
                    "Size": part.size,
                }
                for part in shown
            ],
        },
    )


def _take_in(call: StorageCall, source: Readable, length: int) -> Part:
    """Write a part and its row. The parts together may be as large as an object may."""
    number = part_number(call.query.get("partNumber", ""))
    require_existing(call)
    upload = require_upload(call)
    bucket = require_permission(call, upload)
    limit = uploads.size_limit(call.context, bucket, call.key)
    with call.database.as_owner() as tx:
        left = limit - unfinished.size_without(tx, upload.id, number)
    if length > left:
        raise too_large()
    files = PartFiles(call.files)
    written = files.receive(upload.id, source, limit=left)
    part = Part(number, written.version, f'"{written.md5}"', written.size, call.now)
    try:
        with call.database.as_owner() as tx:
            # Parts come several at a time; here they take turns.
            unfinished.require(tx, upload.id, call.bucket, call.key, lock=True)
            total = unfinished.size_without(tx, upload.id, number) + part.size
            if total > limit:
                raise too_large()
            replaced = unfinished.put_part(tx, upload, part, total=total)
    except psycopg.Error as error:
        if error.sqlstate is not None:  # else it may have been committed: the next start knows
            files.drop(upload.id, [part.version])
        raise
    except BaseException:
        files.drop(upload.id, [part.version])
        raise
    files.drop(upload.id, replaced)
    return part


def _range(header: str, size: int) -> tuple[int, int]:
    """Return where a copy's range starts and how long it is; it must lie inside the object."""
    match = _RANGE.fullmatch(header)
    if match is None:
        raise S3Error(
            "InvalidArgument", "The x-amz-copy-source-range value must be bytes=first-last"
        )
    first, last = int(match[1]), int(match[2])
    if not first <= last < size:
        raise invalid_range()
    return first, last - first + 1


class _Stretch:
    """So many bytes of a file."""

    def __init__(self, file: BinaryIO, length: int) -> None:
        self._file = file
        self._left = length

    def read(self, size: int, /) -> bytes:
        chunk = self._file.read(min(size, self._left)) if self._left else b""
        self._left -= len(chunk)
        return chunk
