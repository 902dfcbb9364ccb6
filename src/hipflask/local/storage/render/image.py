"""``GET /render/image/…``: a picture, resized and encoded as the query or the token says."""

from __future__ import annotations

import io
from datetime import datetime

from hipflask.local.storage import objects, signed_tokens
from hipflask.local.storage.answers import Answer
from hipflask.local.storage.call import Call
from hipflask.local.storage.downloads import (
    content_headers,
    disposition,
    freshness,
    is_unchanged,
    open_whole,
    unchanged,
)
from hipflask.local.storage.errors import StorageError
from hipflask.local.storage.lookups import public_object
from hipflask.local.storage.objects import StoredObject
from hipflask.local.storage.render.renderer import Rendered, asked_format, render
from hipflask.local.storage.render.transformation import Transformation
from hipflask.local.storage.routes import Routes

routes = Routes()
_AUTHENTICATED = "storage.render.image_authenticated"
_PUBLIC = "storage.render.image_public"
_SIGNED = "storage.render.image_sign"
_TOKEN = {
    "type": "object",
    "required": ["token"],
    "properties": {"token": {"type": "string"}, "download": {"type": "string"}},
}


@routes.add("HEAD", "/render/image/authenticated/{bucket_id}/{name...}", operation=_AUTHENTICATED)
@routes.add("GET", "/render/image/authenticated/{bucket_id}/{name...}", operation=_AUTHENTICATED)
def render_authenticated(call: Call, bucket_id: str, name: str) -> Answer:
    """Render an object that the caller may see; policies decide in public buckets, too."""
    _require_feature(call)
    wish = Transformation.checked(call.query_values)
    # Without a token this says "Invalid Compact JWS", where /object asks for the header.
    caller = call.context.callers.of_header(call.header("Authorization"), call.now)
    rows = call.database.ask(call.scope_of(caller), objects.FIND, (bucket_id, name))
    return _served(call, objects.of_rows(rows, name), wish)


@routes.add("HEAD", "/render/image/public/{bucket_id}/{name...}", operation=_PUBLIC)
@routes.add("GET", "/render/image/public/{bucket_id}/{name...}", operation=_PUBLIC)
def render_public(call: Call, bucket_id: str, name: str) -> Answer:
    """Render an object of a public bucket for anybody."""
    _require_feature(call)
    wish = Transformation.checked(call.query_values)
    return _served(call, public_object(call, bucket_id, name), wish)


@routes.add("HEAD", "/render/image/sign/{bucket_id}/{name...}", operation=_SIGNED)
@routes.add("GET", "/render/image/sign/{bucket_id}/{name...}", operation=_SIGNED)
def render_signed(call: Call, bucket_id: str, name: str) -> Answer:
    """Render an object for whoever has a URL that was signed for it, only as that says."""
    _require_feature(call)
    token = call.checked_query(_TOKEN)["token"]
    signed = signed_tokens.verify(
        call.context, token, bucket=bucket_id, name=name, scope=signed_tokens.DOWNLOAD, now=call.now
    )
    rows = call.database.ask(None, objects.FIND, (bucket_id, name))
    wish = Transformation.from_signed(str(signed.claims.get("transformations") or ""))
    return _served(call, objects.of_rows(rows, name), wish, expires=signed.expires)


def _require_feature(call: Call) -> None:
    """Refuse as hosted projects do whose plan has no transformations."""
    if not call.context.config.image_transformation.enabled:
        message = (
            "feature not enabled for this tenant: config.toml says"
            " storage.image_transformation.enabled = false"
        )
        raise StorageError("FeatureNotEnabled", message, status=403, http_status=403)


def _served(
    call: Call, stored: StoredObject, wish: Transformation, *, expires: datetime | None = None
) -> Answer:
    headers = [pair for pair in content_headers(stored) if pair[0] != "Content-Type"]
    headers += freshness(call, stored, expires)
    if wish.format is None:
        # One URL, two formats: whoever caches must know.
        headers.append(("Vary", "Accept"))
    if is_unchanged(call, stored):
        return unchanged(headers)
    rendered = _rendered(call, stored, wish)
    headers += [("Content-Type", rendered.media_type), *rendered.headers.items()]
    if text := wish.header_text():
        headers.append(("X-Transformations", text))
    return Answer(200, [*headers, *disposition(call)], rendered.body)


def _rendered(call: Call, stored: StoredObject, wish: Transformation) -> Rendered:
    accept = call.header("Accept")
    key = (stored.version or "", wish, asked_format(wish, accept))
    cache = call.context.rendered
    if (found := cache.get(key)) is not None:
        return found
    file = open_whole(call.context.files, stored)
    with io.BufferedReader(file) as source:  # type: ignore[type-var]  # it is raw
        rendered = render(source, wish, accept=accept)
    cache.keep(key, rendered)
    return rendered
