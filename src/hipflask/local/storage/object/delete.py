"""``DELETE /object/{bucket}/{name}``, and of many: ``DELETE /object/{bucket}``."""

from __future__ import annotations

from hipflask.local.storage.answers import Answer, json_answer
from hipflask.local.storage.call import Call
from hipflask.local.storage.errors import invalid_request
from hipflask.local.storage.names import require_bucket_name
from hipflask.local.storage.removals import remove, remove_many
from hipflask.local.storage.routes import Routes

routes = Routes()
_MOST = 1000
_BODY = {
    "type": "object",
    "required": ["prefixes"],
    "properties": {"prefixes": {"type": "array", "items": {"type": "string"}, "minItems": 1}},
}


@routes.add("DELETE", "/object/{bucket_id}/{name...}", operation="storage.object.delete")
def delete_object(call: Call, bucket_id: str, name: str) -> Answer:
    """Delete one object."""
    scope = call.scope
    call.reject_empty_json()
    require_bucket_name(bucket_id)
    remove(call.context, scope, bucket_id, name)
    return json_answer({"message": "Successfully deleted"})


@routes.add("DELETE", "/object/{bucket_id}", operation="storage.object.delete_many")
def delete_objects(call: Call, bucket_id: str) -> Answer:
    """Delete the named objects and say which were there and could be deleted."""
    scope, names = call.scope, call.json(_BODY)["prefixes"]
    require_bucket_name(bucket_id)
    if len(names) > _MOST:
        raise invalid_request(f"Bulk object requests are limited to {_MOST} objects per request.")
    deleted = remove_many(call.context, scope, bucket_id, names)
    return json_answer([one.body for one in deleted])
