"""``GET /bucket/{id}``."""

from __future__ import annotations

from hipflask.local.storage import buckets
from hipflask.local.storage.answers import Answer, json_answer
from hipflask.local.storage.call import Call
from hipflask.local.storage.routes import Routes

routes = Routes()


@routes.add("GET", "/bucket/{bucket_id}", operation="storage.bucket.get")
def get_bucket(call: Call, bucket_id: str) -> Answer:
    """Show a bucket that the caller may see."""
    rows = call.database.ask(call.scope, buckets.FIND, (bucket_id,))
    return json_answer(buckets.of_rows(rows, bucket_id).body)
