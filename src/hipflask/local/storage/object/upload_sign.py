"""``POST /object/upload/sign/…`` makes a URL to upload to; ``PUT`` on it uploads."""

from __future__ import annotations

from hipflask.local.storage import signed_tokens
from hipflask.local.storage.answers import Answer, json_answer
from hipflask.local.storage.bodies import metadata_in_header
from hipflask.local.storage.call import Call
from hipflask.local.storage.caller import SERVICE
from hipflask.local.storage.names import require_bucket_name, require_key
from hipflask.local.storage.object.upload import receive
from hipflask.local.storage.routes import Routes
from hipflask.local.storage.uploads import Target, require_permission

routes = Routes()
_TOKEN = {
    "type": "object",
    "required": ["token"],
    "properties": {"token": {"type": "string"}},
}


@routes.add(
    "POST",
    "/object/upload/sign/{bucket_id}/{name...}",
    operation="storage.object.sign_upload_url",
)
def sign_upload(call: Call, bucket_id: str, name: str) -> Answer:
    """Make a URL to which anybody may upload this object, for whom the caller could."""
    scope = call.scope
    call.reject_empty_json()
    require_bucket_name(bucket_id)
    require_key(name)
    target = Target(bucket_id, name, call.owner, call.header("X-Upsert") == "true")
    require_permission(
        call.database,
        scope,
        target,
        user_metadata=metadata_in_header(call.header("X-Metadata")),
    )
    path = f"{bucket_id}/{name}"
    owner = {"owner": target.owner} if target.owner is not None else {}
    claims = {**owner, "url": path, "upsert": target.upsert, "scope": signed_tokens.UPLOAD}
    token = signed_tokens.sign(
        call.context, claims, seconds=signed_tokens.UPLOAD_SECONDS, now=call.now
    )
    return json_answer({"url": f"/object/upload/sign/{path}?token={token}", "token": token})


@routes.add(
    "PUT",
    "/object/upload/sign/{bucket_id}/{name...}",
    operation="storage.object.upload_signed",
    token_is_optional=True,
)
def upload_to_signed_url(call: Call, bucket_id: str, name: str) -> Answer:
    """Take an upload from whoever has a URL that was signed for it."""
    token = call.checked_query(_TOKEN)["token"]
    signed = signed_tokens.verify(
        call.context, token, bucket=bucket_id, name=name, scope=signed_tokens.UPLOAD, now=call.now
    )
    owner = signed.claims.get("owner")
    target = Target(
        bucket_id,
        name,
        owner if isinstance(owner, str) else None,
        signed.claims.get("upsert") is True,
    )
    # The signer's permission was asked when the URL was made.
    receive(call, target, scope=call.scope_of(SERVICE))
    return json_answer({"Key": f"{bucket_id}/{name}"})
