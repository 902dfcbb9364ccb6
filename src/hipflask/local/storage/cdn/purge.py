"""``DELETE /cdn/…``: forget what a content delivery network has cached."""

from __future__ import annotations

from hipflask.local.storage.answers import Answer, json_answer
from hipflask.local.storage.call import Call
from hipflask.local.storage.errors import access_denied
from hipflask.local.storage.routes import Routes

routes = Routes()
_QUERY = {"type": "object", "properties": {"transformations": {"type": "boolean"}}}


@routes.add("DELETE", "/cdn/{bucket_id}/{name...}", operation="storage.cdn.purge_object_cache")
@routes.add("DELETE", "/cdn/{bucket_id}", operation="storage.cdn.purge_bucket_cache")
def purge_cache(call: Call, bucket_id: str, name: str = "") -> Answer:  # noqa: ARG001
    """Succeed: nothing stands before the embedded stack, so nothing is cached."""
    if call.caller.role != "service_role":
        raise access_denied("Access denied: Invalid role", http_status=403)
    call.checked_query(_QUERY)
    return json_answer({"message": "success"})
