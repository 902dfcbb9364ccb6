"""``PUT /bucket/{id}``."""

from __future__ import annotations

from hipflask.local.storage import buckets
from hipflask.local.storage.answers import Answer, json_answer
from hipflask.local.storage.bucket.schemas import SETTINGS, settings_in
from hipflask.local.storage.call import Call
from hipflask.local.storage.names import require_bucket_name
from hipflask.local.storage.routes import Routes

routes = Routes()
_BODY = {
    "type": "object",
    "minProperties": 1,
    "properties": SETTINGS,
    "anyRequired": ["public", "file_size_limit", "allowed_mime_types"],
}


@routes.add("PUT", "/bucket/{bucket_id}", operation="storage.bucket.update")
def update_bucket(call: Call, bucket_id: str) -> Answer:
    """Change a bucket's settings; null takes a limit away."""
    scope, body = call.scope, call.json(_BODY)
    require_bucket_name(bucket_id)
    settings = settings_in(body, largest=call.context.config.file_size_limit)
    with call.database.as_caller(scope) as tx:
        buckets.update(tx, bucket_id, settings)
    return json_answer({"message": "Successfully updated"})
