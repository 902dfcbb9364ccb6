"""Lists of objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from hipflask.local.storage.answers import Answer
from hipflask.local.storage.listings import MOST, Cursor, Listed, Page, Question, page_of
from hipflask.local.storage.s3.actions.buckets import require_existing
from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.request import xml_answer
from hipflask.local.storage.s3.storage_call import StorageCall
from hipflask.local.storage.s3.xml import Value
from hipflask.local.storage.timestamps import from_iso

_UNESCAPED: Final = "/-._~"


def list_objects_v2(call: StorageCall) -> Answer:
    """List objects by pages, each with the token of the next."""
    token = call.query.get("continuation-token")
    start_after = call.query.get("start-after", "")
    page = _page(call, start_after, Cursor.parse(token) if token else None)
    encoded = encoder(call)
    return xml_answer(
        "ListBucketResult",
        {
            **_head(call),
            "StartAfter": encoded(start_after) if start_after else None,
            "ContinuationToken": token,
            "NextContinuationToken": str(page.next_cursor) if page.next_cursor else None,
            "KeyCount": len(page.entries),
            **_entries(page, encoded),
        },
    )


def list_objects(call: StorageCall) -> Answer:
    """List objects by pages, the older way: the next begins after the last name of this one."""
    marker = call.query.get("marker", "")
    page, encoded = _page_after(call, marker), encoder(call)
    delimiter = call.query.get("delimiter", "")
    following = page.next_cursor.start_after if page.next_cursor and delimiter else None
    return xml_answer(
        "ListBucketResult",
        {
            **_head(call),
            "Marker": encoded(marker),
            "NextMarker": encoded(following) if following else None,
            **_entries(page, encoded),
        },
    )


def list_object_versions(call: StorageCall) -> Answer:
    """List the one version of each object: clients that empty a bucket ask for all versions."""
    marker = call.query.get("key-marker", "")
    page, encoded = _page_after(call, marker), encoder(call)
    following = page.next_cursor.start_after if page.next_cursor else None
    entries = _entries(page, encoded)
    objects = [one for one in page.entries if not one.is_folder]
    return xml_answer(
        "ListVersionsResult",
        {
            **_head(call),
            "KeyMarker": encoded(marker),
            "VersionIdMarker": call.query.get("version-id-marker", ""),
            "NextKeyMarker": encoded(following) if following else None,
            "NextVersionIdMarker": "null" if following else None,
            "IsTruncated": entries["IsTruncated"],
            "Version": [
                {**_object(one, encoded), "VersionId": "null", "IsLatest": True} for one in objects
            ],
            "CommonPrefixes": entries["CommonPrefixes"],
        },
    )


def encoder(call: StorageCall) -> Callable[[str], str]:
    """Return how the answer writes keys: as they are, or as ``encoding-type`` wants it."""
    match call.query.get("encoding-type", ""):
        case "":
            return str
        case "url":
            return lambda text: quote(text, safe=_UNESCAPED)
        case _:
            raise S3Error("InvalidArgument", "Invalid Encoding Method specified in Request")


def _page(call: StorageCall, start_after: str, cursor: Cursor | None) -> Page:
    limit = call.number("max-keys", MOST, MOST)
    require_existing(call)
    if limit == 0:
        return Page()
    question = Question(
        call.bucket,
        prefix=call.query.get("prefix", ""),
        delimiter=call.query.get("delimiter", ""),
        limit=limit,
        start_after=start_after,
        cursor=cursor,
    )
    with call.database.as_caller(call.scope) as tx:
        return page_of(tx, question)


def _page_after(call: StorageCall, marker: str) -> Page:
    """Return the page after a name: a folder that a page ended with is over, a key in one not."""
    delimiter = call.query.get("delimiter", "")
    if delimiter and marker.endswith(delimiter):
        return _page(call, "", Cursor(marker, order="asc"))
    return _page(call, marker, None)


def _head(call: StorageCall) -> dict[str, Value]:
    encoded = encoder(call)
    delimiter = call.query.get("delimiter")
    return {
        "Name": call.bucket,
        "Prefix": encoded(call.query.get("prefix", "")),
        "Delimiter": encoded(delimiter) if delimiter else None,
        "MaxKeys": call.number("max-keys", MOST, MOST),
        "EncodingType": call.query.get("encoding-type") or None,
    }


def _entries(page: Page, encoded: Callable[[str], str]) -> dict[str, Value]:
    return {
        "IsTruncated": page.next_cursor is not None,
        "Contents": [_object(one, encoded) for one in page.entries if not one.is_folder],
        "CommonPrefixes": [{"Prefix": encoded(one.name)} for one in page.entries if one.is_folder],
    }


def _object(entry: Listed, encoded: Callable[[str], str]) -> dict[str, Value]:
    metadata = entry.metadata or {}
    written = metadata.get("lastModified")
    return {
        "Key": encoded(entry.name),
        "LastModified": (from_iso(written) if isinstance(written, str) else None)
        or entry.updated_at,
        "ETag": metadata.get("eTag"),
        "Size": metadata.get("size") or 0,
        "StorageClass": "STANDARD",
    }
