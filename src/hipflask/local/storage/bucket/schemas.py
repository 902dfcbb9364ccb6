"""What bodies about buckets may hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipflask.local.storage.mime_types import require_listed
from hipflask.local.storage.sizes import parse_size

SETTINGS: Final[Mapping[str, Any]] = {
    "public": {"type": "boolean"},
    "file_size_limit": {"type": ["integer", "string", "null"], "minimum": 0},
    "allowed_mime_types": {"type": ["array", "null"], "items": {"type": "string"}},
}


def settings_in(body: Mapping[str, Any], *, largest: int) -> dict[str, Any]:
    """Return the columns that a body sets; ``largest`` is the project's own limit in bytes."""
    settings = {name: body[name] for name in SETTINGS if name in body}
    if "file_size_limit" in settings:
        settings["file_size_limit"] = parse_size(settings["file_size_limit"], at_most=largest)
    if settings.get("allowed_mime_types") is not None:
        settings["allowed_mime_types"] = require_listed(settings["allowed_mime_types"])
    return settings
