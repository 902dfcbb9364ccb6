"""``POST /object/copy``."""

from __future__ import annotations

from hipflask.local.storage.answers import Answer, json_answer
from hipflask.local.storage.bodies import metadata_in_header
from hipflask.local.storage.call import Call
from hipflask.local.storage.copies import Copy, copy_object
from hipflask.local.storage.names import require_bucket_name
from hipflask.local.storage.routes import Routes
from hipflask.local.storage.uploads import Target

routes = Routes()
_BODY = {
    "type": "object",
    "required": ["sourceKey", "bucketId", "destinationKey"],
    "properties": {
        "bucketId": {"type": "string"},
        "sourceKey": {"type": "string"},
        "destinationBucket": {"type": "string"},
        "destinationKey": {"type": "string"},
        "metadata": {
            "type": "object",
            "properties": {
                "cacheControl": {"type": "string"},
                "mimetype": {"type": "string"},
            },
        },
        "copyMetadata": {"type": "boolean"},
    },
}


@routes.add("POST", "/object/copy", operation="storage.object.copy")
def copy(call: Call) -> Answer:
    """Copy an object that the caller may see to where the caller may write."""
    scope, body = call.scope, call.json(_BODY)
    source_bucket = require_bucket_name(body["bucketId"])
    to_bucket = body.get("destinationBucket") or source_bucket
    to_name = body["destinationKey"]
    stored = copy_object(
        call.context,
        scope,
        Copy(
            source_bucket,
            body["sourceKey"],
            Target(to_bucket, to_name, call.owner, call.header("X-Upsert") == "true"),
            keeps_metadata=body.get("copyMetadata", True),
            metadata=body.get("metadata") or {},
            user_metadata=metadata_in_header(call.header("X-Metadata")),
        ),
        now=call.now,
    )
    return json_answer({"Id": str(stored.id), "Key": f"{to_bucket}/{to_name}", **stored.body})
