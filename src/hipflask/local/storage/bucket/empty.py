"""``POST /bucket/{id}/empty``."""

from __future__ import annotations

from hipflask.local.storage import buckets
from hipflask.local.storage.answers import Answer, json_answer
from hipflask.local.storage.call import Call
from hipflask.local.storage.errors import access_denied
from hipflask.local.storage.removals import remove_all
from hipflask.local.storage.routes import Routes

routes = Routes()


@routes.add("POST", "/bucket/{bucket_id}/empty", operation="storage.bucket.empty")
def empty_bucket(call: Call, bucket_id: str) -> Answer:
    """Delete every object in a bucket. Only ``service_role`` may (storage v1.70.1 and later).

    Hosted does it later and says so; here it is done when the answer comes.
    """
    if call.caller.role != "service_role":
        raise access_denied("Access denied: Invalid role", http_status=403)
    call.json({}, may_be_empty=True) if call.header("Content-Type") else None
    with call.database.as_caller(call.scope) as tx:
        buckets.require(tx, bucket_id)
    remove_all(call.context, bucket_id)
    message = "Empty bucket has been queued. Completion may take up to an hour."
    return json_answer({"message": message})
