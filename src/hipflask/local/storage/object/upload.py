"""``POST`` and ``PUT /object/{bucket}/{name}``."""

from __future__ import annotations

from hipflask.local.storage.answers import Answer, json_answer
from hipflask.local.storage.bodies import upload_in
from hipflask.local.storage.call import Call
from hipflask.local.storage.database import Scope
from hipflask.local.storage.names import require_bucket_name
from hipflask.local.storage.objects import StoredObject
from hipflask.local.storage.robots import require_robots_tag
from hipflask.local.storage.routes import Routes
from hipflask.local.storage.uploads import Target, take_in

routes = Routes()


@routes.add("POST", "/object/{bucket_id}/{name...}", operation="storage.object.upload")
def create_object(call: Call, bucket_id: str, name: str) -> Answer:
    """Keep a new object, or replace one where ``x-upsert: true`` says so."""
    upsert = call.header("X-Upsert") == "true"
    return _uploaded(call, Target(bucket_id, name, call.owner, upsert))


@routes.add("PUT", "/object/{bucket_id}/{name...}", operation="storage.object.upload_update")
def update_object(call: Call, bucket_id: str, name: str) -> Answer:
    """Replace an object; one that is missing is made."""
    return _uploaded(call, Target(bucket_id, name, call.owner, upsert=True))


def receive(call: Call, target: Target, *, scope: Scope | None = None) -> StoredObject:
    """Take the upload in a request's body in; ``scope`` says whose rights count if not its own."""
    scope = scope or call.scope
    require_bucket_name(target.bucket_id)
    return take_in(
        call.context,
        scope,
        target,
        upload_in(call),
        announced_length=call.content_length,
        robots_tag=require_robots_tag(call.header("X-Robots-Tag")),
        now=call.now,
    )


def _uploaded(call: Call, target: Target) -> Answer:
    stored = receive(call, target)
    return json_answer({"Id": str(stored.id), "Key": f"{target.bucket_id}/{target.name}"})
