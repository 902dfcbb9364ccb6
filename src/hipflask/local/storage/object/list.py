"""``POST /object/list/{bucket}``: files and folders at one level, names compared without case."""

from __future__ import annotations

from typing import Any

from hipflask.local.storage.answers import Answer, json_answer
from hipflask.local.storage.buckets import escape_like
from hipflask.local.storage.call import Call
from hipflask.local.storage.database import Row
from hipflask.local.storage.names import require_bucket_name
from hipflask.local.storage.routes import Routes
from hipflask.local.storage.timestamps import iso

routes = Routes()
_BODY = {
    "type": "object",
    "required": ["prefix"],
    "properties": {
        "prefix": {"type": "string"},
        "limit": {"type": "integer", "minimum": 1},
        "offset": {"type": "integer", "minimum": 0},
        "sortBy": {
            "type": "object",
            "required": ["column"],
            "properties": {
                "column": {
                    "type": "string",
                    "enum": ["name", "updated_at", "created_at", "last_accessed_at"],
                },
                "order": {"type": "string", "enum": ["asc", "desc"]},
            },
        },
        "search": {"type": "string"},
    },
}
_MOST = 2**31 - 1  # an integer of PostgreSQL; no bucket has as many
_SEARCH = (
    "select name, id, updated_at, created_at, last_accessed_at, metadata"
    " from storage.search(%s, %s, %s, %s, %s, %s, %s, %s)"
)


@routes.add("POST", "/object/list/{bucket_id}", operation="storage.object.list")
def list_objects(call: Call, bucket_id: str) -> Answer:
    """Show the objects and folders that lie directly below a folder."""
    scope, body = call.scope, call.json(_BODY)
    require_bucket_name(bucket_id)
    folder = body["prefix"]
    if folder and not folder.endswith("/"):
        folder += "/"
    search = body.get("search") or ""
    sort = body.get("sortBy") or {}
    column = sort.get("column") or "name"
    if column != "name":  # then the function compares by LIKE
        folder, search = escape_like(folder), escape_like(search)
    rows = call.database.ask(
        scope,
        _SEARCH,
        (
            *(
                folder,
                bucket_id,
                min(body.get("limit", 100), _MOST),
                (folder + search).count("/") + 1,
            ),
            *(min(body.get("offset", 0), _MOST), search, column, sort.get("order") or "asc"),
        ),
    )
    return json_answer([_entry(row) for row in rows])


def _entry(row: Row) -> dict[str, Any]:
    name, object_id, updated_at, created_at, last_accessed_at, metadata = row
    return {
        "name": name,
        "id": None if object_id is None else str(object_id),
        "updated_at": iso(updated_at),
        "created_at": iso(created_at),
        "last_accessed_at": iso(last_accessed_at),
        "metadata": metadata,
    }
