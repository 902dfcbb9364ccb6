"""``POST /object/move``."""

from __future__ import annotations

from hipflask.local.storage import objects
from hipflask.local.storage.answers import Answer, json_answer
from hipflask.local.storage.call import Call
from hipflask.local.storage.database import despite_deadlocks
from hipflask.local.storage.names import require_bucket_name, require_key
from hipflask.local.storage.objects import StoredObject
from hipflask.local.storage.routes import Routes

routes = Routes()
_BODY = {
    "type": "object",
    "required": ["bucketId", "sourceKey", "destinationKey"],
    "properties": {
        "bucketId": {"type": "string"},
        "sourceKey": {"type": "string"},
        "destinationBucket": {"type": "string"},
        "destinationKey": {"type": "string"},
    },
}


@routes.add("POST", "/object/move", operation="storage.object.move")
def move_object(call: Call) -> Answer:
    """Give an object another name or bucket. Only its row changes: files go by version."""
    scope, body = call.scope, call.json(_BODY)
    bucket_id, name = require_bucket_name(body["bucketId"]), body["sourceKey"]
    to_bucket = body.get("destinationBucket") or bucket_id
    to_name = require_key(body["destinationKey"])

    def moved() -> StoredObject:
        with call.database.as_caller(scope) as tx:
            objects.take_turns(tx, (bucket_id, name), (to_bucket, to_name))
            objects.require(tx, bucket_id, name)
            return objects.update(
                tx, bucket_id, name, to_bucket=to_bucket, to_name=to_name, owner=call.owner
            )

    stored = despite_deadlocks(moved)
    return json_answer({"message": "Successfully moved", "Id": str(stored.id), "Key": stored.name})
