"""JSON Merge Patch (RFC 7396) with types: a member that was not sent stays as it is."""

from __future__ import annotations

from typing import Any

import msgspec


def patched(patch: Any, **present: Any) -> dict[str, Any]:
    """Return ``present`` with what the patch sends: its members that are not ``msgspec.UNSET``.

    Declare a member that may be changed as ``title: str | msgspec.UnsetType = msgspec.UNSET``; one
    that may be removed as ``str | None | msgspec.UnsetType``, since null removes.
    """
    return {
        name: value if (sent := getattr(patch, name)) is msgspec.UNSET else sent
        for name, value in present.items()
    }
