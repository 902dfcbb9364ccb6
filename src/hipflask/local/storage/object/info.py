"""``GET /object/info/…`` and HEAD on objects."""

from __future__ import annotations

from hipflask.local.storage.answers import Answer, Headers, json_answer
from hipflask.local.storage.call import Call
from hipflask.local.storage.downloads import content_headers
from hipflask.local.storage.lookups import public_object, visible_object
from hipflask.local.storage.objects import StoredObject
from hipflask.local.storage.render import Transformation
from hipflask.local.storage.routes import Routes
from hipflask.local.storage.timestamps import http_date, iso

routes = Routes()
_INFO = "object.get_authenticated_info"
_HEAD = "object.head_authenticated_info"
_PUBLIC = "storage.object.info_public"


@routes.add("GET", "/object/info/authenticated/{bucket_id}/{name...}", operation=_INFO)
@routes.add("GET", "/object/info/{bucket_id}/{name...}", operation=_INFO, token_is_optional=True)
def get_info(call: Call, bucket_id: str, name: str) -> Answer:
    """Describe an object that the caller may see, or one of a public bucket."""
    wished = _transformations(call)
    return _described(visible_object(call, bucket_id, name), wished)


@routes.add(
    "GET",
    "/object/info/public/{bucket_id}/{name...}",
    operation=_PUBLIC,
    token_is_optional=True,
)
def get_public_info(call: Call, bucket_id: str, name: str) -> Answer:
    """Describe an object of a public bucket to anybody."""
    wished = _transformations(call)
    return _described(public_object(call, bucket_id, name), wished)


@routes.add("HEAD", "/object/authenticated/{bucket_id}/{name...}", operation=_HEAD)
@routes.add("HEAD", "/object/{bucket_id}/{name...}", operation=_HEAD, token_is_optional=True)
def head_object(call: Call, bucket_id: str, name: str) -> Answer:
    """Answer with the headers of an object. Conditions and ranges do not count here."""
    wished = _transformations(call)
    return _headed(call, visible_object(call, bucket_id, name), wished)


@routes.add(
    "HEAD",
    "/object/public/{bucket_id}/{name...}",
    operation=_PUBLIC,
    token_is_optional=True,
)
def head_public_object(call: Call, bucket_id: str, name: str) -> Answer:
    """Answer with the headers of a public bucket's object."""
    wished = _transformations(call)
    return _headed(call, public_object(call, bucket_id, name), wished)


def _transformations(call: Call) -> Headers:
    """Repeat the wish for a rendered picture, which is checked and otherwise has no effect."""
    text = Transformation.checked(call.query_values).header_text()
    return [("X-Transformations", text)] if text else []


def _headed(call: Call, stored: StoredObject, wished: Headers) -> Answer:
    cache_control = stored.cache_control
    asked = call.header("If-None-Match")
    if asked and asked != stored.etag:
        cache_control += ", must-revalidate"
    headers = [*content_headers(stored), ("Cache-Control", cache_control), *wished]
    return Answer(200, headers, length=stored.size)


def _described(stored: StoredObject, wished: Headers) -> Answer:
    metadata = stored.metadata or {}
    body = {
        "id": str(stored.id),
        "name": stored.name,
        "version": stored.version,
        "bucket_id": stored.bucket_id,
        "size": metadata.get("size"),
        "content_type": metadata.get("mimetype"),
        "cache_control": metadata.get("cacheControl"),
        "etag": metadata.get("eTag"),
        "metadata": stored.user_metadata,
        "last_modified": iso(stored.updated_at),
        "created_at": iso(stored.created_at),
    }
    headers = [
        ("ETag", stored.etag),
        ("Last-Modified", http_date(stored.last_modified)),
        ("Cache-Control", stored.cache_control),
        *wished,
    ]
    return json_answer(body, headers=headers)
