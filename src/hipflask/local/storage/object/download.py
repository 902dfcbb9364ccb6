"""``GET /object/{bucket}/{name}`` and ``/object/authenticated/…``, ``/object/public/…``."""

from __future__ import annotations

from hipflask.local.storage.answers import Answer
from hipflask.local.storage.call import Call
from hipflask.local.storage.downloads import serve
from hipflask.local.storage.lookups import public_object, visible_object
from hipflask.local.storage.routes import Routes

routes = Routes()
_OPERATION = "storage.object.get_authenticated"


@routes.add("GET", "/object/{bucket_id}/{name...}", operation=_OPERATION, token_is_optional=True)
@routes.add("GET", "/object/authenticated/{bucket_id}/{name...}", operation=_OPERATION)
def get_object(call: Call, bucket_id: str, name: str) -> Answer:
    """Serve an object that the caller may see, or one of a public bucket."""
    return serve(call, visible_object(call, bucket_id, name))


@routes.add(
    "GET",
    "/object/public/{bucket_id}/{name...}",
    operation="storage.object.get_public",
    token_is_optional=True,
)
def get_public_object(call: Call, bucket_id: str, name: str) -> Answer:
    """Serve an object of a public bucket to anybody."""
    return serve(call, public_object(call, bucket_id, name))
