"""GET /admin/audit: the audit log, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hipflask.local.auth.admin.actor import require_admin
from hipflask.local.auth.admin.paging import Page
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.routes import Answer, Routes
from hipflask.local.auth.timestamps import optional_rfc3339

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

routes = Routes()

_FIELDS_OF: Final = {
    "author": ("actor_username", "actor_name"),
    "action": ("action",),
    "type": ("log_type",),
}
"""Scope of a query -> what it looks into."""


@routes.get("/admin/audit")
def list_entries(call: Call) -> Answer:
    """Return one page; ``query=author:ann`` (or ``action:``, ``type:``) filters."""
    require_admin(call)
    page = Page.asked_for(call)
    fields, wanted = _query(call)
    condition = """(%(fields)s = '{}' or %(like)s = '%%%%' or exists (
        select from unnest(%(fields)s::text[]) field where payload->>field ilike %(like)s))"""
    values = {"fields": list(fields), "like": f"%{wanted}%"}
    with call.reading() as tx:
        count = tx.execute(
            f"select count(*) from auth.audit_log_entries where {condition}",  # noqa: S608
            values,
        ).fetchone()
        found = tx.execute(
            f"""select id, payload, created_at, ip_address from auth.audit_log_entries
                where {condition} order by created_at desc, id
                limit %(size)s offset %(offset)s""",  # noqa: S608
            {**values, "size": page.size, "offset": page.offset},
        ).fetchall()
    assert count is not None
    return Answer([_entry(row) for row in found], headers=page.headers(call, count[0]))


def _query(call: Call) -> tuple[tuple[str, ...], str]:
    query = call.request.args.get("query", "").replace("\0", "")
    if not query:
        return (), ""
    scope, colon, wanted = query.partition(":")
    if not colon or scope not in _FIELDS_OF:
        raise AuthApiError("validation_failed", f"Invalid query scope: {query}")
    return _FIELDS_OF[scope], wanted


def _entry(row: tuple[Any, ...]) -> dict[str, Any]:
    return {
        "id": str(row[0]),
        "payload": row[1],
        "created_at": optional_rfc3339(row[2]),
        "ip_address": row[3],
    }
