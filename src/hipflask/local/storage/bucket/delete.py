"""``DELETE /bucket/{id}``."""

from __future__ import annotations

from hipflask.local.storage.answers import Answer, json_answer
from hipflask.local.storage.call import Call
from hipflask.local.storage.removals import remove_bucket
from hipflask.local.storage.routes import Routes

routes = Routes()


@routes.add("DELETE", "/bucket/{bucket_id}", operation="storage.bucket.delete")
def delete_bucket(call: Call, bucket_id: str) -> Answer:
    """Delete a bucket that is empty."""
    remove_bucket(call.database, call.scope, bucket_id)
    return json_answer({"message": "Successfully deleted"})
