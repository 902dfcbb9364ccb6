"""``POST /object/list-v2/{bucket}``: pages by cursor, names compared byte by byte."""

from __future__ import annotations

from typing import Any

from hipflask.local.storage.answers import Answer, json_answer
from hipflask.local.storage.call import Call
from hipflask.local.storage.listings import MOST, Cursor, Listed, Question, page_of
from hipflask.local.storage.names import require_bucket_name
from hipflask.local.storage.routes import Routes
from hipflask.local.storage.timestamps import iso

routes = Routes()
_BODY = {
    "type": "object",
    "properties": {
        "prefix": {"type": "string"},
        "limit": {"type": "integer", "minimum": 1},
        "cursor": {"type": "string"},
        "with_delimiter": {"type": "boolean"},
        "sortBy": {
            "type": "object",
            "required": ["column"],
            "properties": {
                "column": {"type": "string", "enum": ["name", "updated_at", "created_at"]},
                "order": {"type": "string", "enum": ["asc", "desc"]},
            },
        },
    },
}


@routes.add("POST", "/object/list-v2/{bucket_id}", operation="storage.object.list_v2")
def list_objects_by_page(call: Call, bucket_id: str) -> Answer:
    """Show a page of the objects below a prefix, with or without folders."""
    scope, body = call.scope, call.json(_BODY)
    require_bucket_name(bucket_id)
    sort = body.get("sortBy") or {}
    by_folder = bool(body.get("with_delimiter"))
    cursor = body.get("cursor")
    question = Question(
        bucket_id,
        prefix=body.get("prefix") or "",
        delimiter="/" if by_folder else "",
        limit=body.get("limit") or MOST,
        column=sort.get("column") or "",
        order=sort.get("order") or "",
        cursor=Cursor.parse(cursor) if cursor else None,
    )
    with call.database.as_caller(scope) as tx:
        page = page_of(tx, question)
    answer: dict[str, Any] = {"hasNext": page.next_cursor is not None}
    if page.next_cursor is not None:
        answer["nextCursor"] = str(page.next_cursor)
        answer["nextCursorKey"] = page.next_cursor.start_after
    answer["folders"] = [_folder(one, by_folder) for one in page.entries if one.is_folder]
    answer["objects"] = [_object(one, by_folder) for one in page.entries if not one.is_folder]
    return json_answer(answer)


def _folder(entry: Listed, by_folder: bool) -> dict[str, Any]:
    return _key(entry, by_folder) | {"name": entry.name}


def _object(entry: Listed, by_folder: bool) -> dict[str, Any]:
    return _key(entry, by_folder) | {
        "id": str(entry.id),
        "name": entry.name,
        "metadata": entry.metadata,
        "updated_at": iso(entry.updated_at),
        "created_at": iso(entry.created_at),
        "last_accessed_at": iso(entry.last_accessed_at),
    }


def _key(entry: Listed, by_folder: bool) -> dict[str, Any]:
    """The last part of the name, which the genuine answer has only with folders."""
    return {"key": entry.name.rstrip("/").rpartition("/")[2]} if by_folder else {}
