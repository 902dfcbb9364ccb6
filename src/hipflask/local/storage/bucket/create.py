"""``POST /bucket``."""

from __future__ import annotations

from hipflask.local.storage import buckets
from hipflask.local.storage.answers import Answer, json_answer
from hipflask.local.storage.bucket.schemas import SETTINGS, settings_in
from hipflask.local.storage.call import Call
from hipflask.local.storage.errors import StorageError
from hipflask.local.storage.names import require_new_bucket_name
from hipflask.local.storage.routes import Routes

routes = Routes()
_BODY = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "id": {"type": "string"},
        "type": {"type": "string", "enum": ["STANDARD", "ANALYTICS"]},
        **SETTINGS,
    },
}


@routes.add("POST", "/bucket", operation="storage.bucket.create")
def create_bucket(call: Call) -> Answer:
    """Add a bucket. Later lookups are by its id, which is its name unless it says otherwise."""
    caller = call.caller
    body = call.json(_BODY)
    name = require_new_bucket_name(body["name"])
    if body.get("type") == "ANALYTICS":
        raise StorageError(
            "FeatureNotEnabled",
            "The feature Iceberg buckets are not enabled for this tenant is not enabled for this"
            " resource",
            status=409,
        )
    settings = settings_in(body, largest=call.context.config.file_size_limit)
    with call.database.as_caller(call.scope) as tx:
        buckets.create(
            tx,
            body.get("id") or name,
            name=name,
            owner=caller.user_id,
            public=bool(settings.get("public")),
            file_size_limit=settings.get("file_size_limit"),
            allowed_mime_types=settings.get("allowed_mime_types"),
        )
    return json_answer({"name": name})
