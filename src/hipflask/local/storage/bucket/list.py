"""``GET /bucket``."""

from __future__ import annotations

import re

from hipflask.local.storage import buckets
from hipflask.local.storage.answers import Answer, json_answer
from hipflask.local.storage.call import Call
from hipflask.local.storage.routes import Routes

routes = Routes()
_QUERY = {
    "properties": {
        "limit": {"type": "integer", "minimum": 1},
        "offset": {"type": "integer", "minimum": 0},
        "sortColumn": {"type": "string", "enum": ["id", "name", "created_at", "updated_at"]},
        "sortOrder": {"type": "string", "enum": ["asc", "desc"]},
        "search": {"type": "string"},
    }
}
_VERSION = r" ?v?(\d+)\.(\d+)\.(\d+)"
_OLDEST_WITH_TYPE = {"supabase-py/": (2, 18, 0), "supabase-py/storage3": (0, 12, 1)}


@routes.add("GET", "/bucket", operation="storage.bucket.list")
def list_buckets(call: Call) -> Answer:
    """Show the buckets that the caller may see."""
    scope, query = call.scope, call.checked_query(_QUERY)
    with call.database.as_caller(scope) as tx:
        found = buckets.listed(
            tx,
            search=query.get("search", ""),
            sort_column=query.get("sortColumn", ""),
            descending=query.get("sortOrder") == "desc",
            limit=query.get("limit"),
            offset=query.get("offset", 0),
        )
    extra = {} if _chokes_on_type(call) else {"type": "STANDARD"}
    return json_answer([bucket.body | extra for bucket in found])


def _chokes_on_type(call: Call) -> bool:
    """Tell whether an old Python client asks, which breaks off at a field that it does not know."""
    client, agent = call.header("X-Client-Info"), call.header("User-Agent")
    said = {"supabase-py/": client, "supabase-py/storage3": agent}
    for name, oldest in _OLDEST_WITH_TYPE.items():
        match = re.search(re.escape(name) + _VERSION, said[name], re.IGNORECASE)
        if match and tuple(map(int, match.groups())) < oldest:
            return True
    return False
