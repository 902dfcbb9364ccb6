"""``POST /object/sign/…`` makes URLs that anybody may open; ``GET /object/sign/…`` serves them."""

from __future__ import annotations

from typing import Any

from hipflask.local.storage import objects, signed_tokens
from hipflask.local.storage.answers import Answer, json_answer
from hipflask.local.storage.call import Call
from hipflask.local.storage.downloads import serve
from hipflask.local.storage.errors import no_such_key
from hipflask.local.storage.names import require_bucket_name, require_key
from hipflask.local.storage.render import Transformation
from hipflask.local.storage.routes import Routes

routes = Routes()
_EXPIRES_IN = {"type": "integer", "minimum": 1}
_BODY = {
    "type": "object",
    "required": ["expiresIn"],
    "properties": {"expiresIn": _EXPIRES_IN, "transform": {"type": "object"}},
}
_BODY_OF_MANY = {
    "type": "object",
    "required": ["expiresIn", "paths"],
    "properties": {
        "expiresIn": _EXPIRES_IN,
        "paths": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "maxItems": 1000,
        },
    },
}
_TOKEN = {
    "type": "object",
    "required": ["token"],
    "properties": {"token": {"type": "string"}, "download": {"type": "string"}},
}
_NOT_FOUND = "Either the object does not exist or you do not have access to it"


@routes.add("POST", "/object/sign/{bucket_id}/{name...}", operation="storage.object.sign")
def sign_object(call: Call, bucket_id: str, name: str) -> Answer:
    """Make a URL for one object that the caller may see, as it is or rendered."""
    scope, body = call.scope, call.json(_BODY)
    wish = Transformation.checked(body.get("transform", {}), "body/transform")
    require_bucket_name(bucket_id)
    require_key(name)
    if not call.database.ask(scope, objects.FIND, (bucket_id, name)):
        raise no_such_key(name)
    claims = _claims(wish) if call.context.config.image_transformation.enabled else {}
    return json_answer({"signedURL": _url(call, f"{bucket_id}/{name}", body["expiresIn"], claims)})


@routes.add("POST", "/object/sign/{bucket_id}", operation="storage.object.sign_many")
def sign_objects(call: Call, bucket_id: str) -> Answer:
    """Make URLs for those of the named objects that the caller may see."""
    scope, body = call.scope, call.json(_BODY_OF_MANY)
    require_bucket_name(bucket_id)
    with call.database.as_caller(scope) as tx:
        seen = {one.name for one in objects.find_many(tx, bucket_id, body["paths"])}
    return json_answer([_one_of_many(call, bucket_id, name, body, seen) for name in body["paths"]])


@routes.add(
    "GET",
    "/object/sign/{bucket_id}/{name...}",
    operation="storage.object.get_signed",
    token_is_optional=True,
)
def get_signed_object(call: Call, bucket_id: str, name: str) -> Answer:
    """Serve an object to whoever has a URL that was signed for it."""
    token = call.checked_query(_TOKEN)["token"]
    signed = signed_tokens.verify(
        call.context, token, bucket=bucket_id, name=name, scope=signed_tokens.DOWNLOAD, now=call.now
    )
    rows = call.database.ask(None, objects.FIND, (bucket_id, name))
    return serve(call, objects.of_rows(rows, name), expires=signed.expires)


def _one_of_many(
    call: Call, bucket_id: str, name: str, body: dict[str, Any], seen: set[str]
) -> dict[str, Any]:
    if name not in seen:
        return {"error": _NOT_FOUND, "path": name, "signedURL": None}
    url = _url(call, f"{bucket_id}/{name}", body["expiresIn"], {})
    return {"error": None, "path": name, "signedURL": url}


def _claims(wish: Transformation) -> dict[str, str]:
    """Return what a token says of the picture; nothing where the object itself is meant."""
    claims = {"transformations": wish.signed_text(), "format": wish.format or ""}
    return {name: text for name, text in claims.items() if text}


def _url(call: Call, path: str, seconds: int, claims: dict[str, str]) -> str:
    # The path and the scope come last: no claim before them can take their place.
    body: dict[str, Any] = {**claims, "url": path, "scope": signed_tokens.DOWNLOAD}
    token = signed_tokens.sign(call.context, body, seconds=seconds, now=call.now)
    service = "render/image" if "transformations" in claims else "object"
    return f"/{service}/sign/{path}?token={token}"
