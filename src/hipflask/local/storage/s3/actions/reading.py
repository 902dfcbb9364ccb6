"""Reading one object."""

from __future__ import annotations

from typing import Final

from hipflask.local.storage import objects
from hipflask.local.storage.answers import Answer
from hipflask.local.storage.downloads import browser_headers, byte_range, open_part
from hipflask.local.storage.objects import StoredObject
from hipflask.local.storage.s3.actions.buckets import acl_answer
from hipflask.local.storage.s3.conditions import is_unchanged
from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.request import META, xml_answer
from hipflask.local.storage.s3.storage_call import StorageCall
from hipflask.local.storage.timestamps import http_date

#: Parameters of the query that set a header of the answer.
_OVERRIDES: Final = {
    "response-cache-control": "Cache-Control",
    "response-content-disposition": "Content-Disposition",
    "response-content-encoding": "Content-Encoding",
    "response-content-language": "Content-Language",
    "response-content-type": "Content-Type",
    "response-expires": "Expires",
}
_WITHOUT_CONTENT: Final = ("ETag", "Cache-Control", "Last-Modified")


def get_object(call: StorageCall) -> Answer:
    """Return an object's content, or the range of it that is asked for."""
    stored = visible(call)
    headers = _headers(stored)
    if is_unchanged(call.headers, stored):
        return Answer(304, [(name, headers[name]) for name in _WITHOUT_CONTENT])
    for parameter, name in _OVERRIDES.items():
        if (value := call.query.get(parameter, "")) and value.isascii() and value.isprintable():
            headers[name] = value
    # A presigned link may be opened in a browser.
    headers |= dict(browser_headers(headers["Content-Type"]))
    status, start, length = 200, 0, stored.size
    if asked := call.headers.get("range"):
        start, length = byte_range(asked, stored.size)
        status = 206
        headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{stored.size}"
    body = open_part(call.files, stored, start, length)
    return Answer(status, list(headers.items()), body)


def head_object(call: StorageCall) -> Answer:
    """Return an object's headers. A range does not count here."""
    stored = visible(call)
    headers = _headers(stored)
    if is_unchanged(call.headers, stored):
        return Answer(304, [(name, headers[name]) for name in _WITHOUT_CONTENT])
    return Answer(200, list(headers.items()), length=stored.size)


def get_object_tagging(call: StorageCall) -> Answer:
    """Say that the object has no tags."""
    visible(call)
    return xml_answer("Tagging", {"TagSet": ""})


def get_object_acl(call: StorageCall) -> Answer:
    """Say that the object is the project's: policies, not ACLs, decide here."""
    visible(call)
    return acl_answer()


def visible(call: StorageCall) -> StoredObject:
    """Return the object that a request names, if the caller may see it, or raise NoSuchKey."""
    if call.query.get("versionId", "null") != "null":
        raise S3Error("NoSuchVersion")
    if call.query.get("partNumber", "1") != "1":  # every object is of one part once it is whole
        raise S3Error("InvalidRange", "The requested partnumber is not satisfiable")
    return found(call, call.bucket, call.key)


def found(call: StorageCall, bucket_id: str, name: str) -> StoredObject:
    """Return an object that the caller may see, or raise NoSuchKey."""
    return objects.of_rows(call.database.ask(call.scope, objects.FIND, (bucket_id, name)), name)


def _headers(stored: StoredObject) -> dict[str, str]:
    return {
        "Accept-Ranges": "bytes",
        "Content-Type": stored.content_type,
        "ETag": stored.etag,
        "Last-Modified": http_date(stored.last_modified),
        "Cache-Control": stored.cache_control,
        **_metadata(stored),
    }


def _metadata(stored: StoredObject) -> dict[str, str]:
    """Return the user's metadata as headers, and how many of them no header can say."""
    headers, missing = {}, 0
    for name, value in (stored.user_metadata or {}).items():
        plain = isinstance(value, str) and value.isascii() and (value.isprintable() or not value)
        if plain and name and name.isascii() and name.isprintable() and not set(name) & set(" :"):
            headers[META + name.lower()] = value
        else:
            missing += 1
    if missing:
        headers["x-amz-missing-meta"] = str(missing)
    return headers
