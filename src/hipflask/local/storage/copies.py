"""Copying an object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hipflask.local.storage import objects
from hipflask.local.storage.database import Scope
from hipflask.local.storage.names import require_key
from hipflask.local.storage.objects import StoredObject
from hipflask.local.storage.replacements import ReplacedMeanwhileError
from hipflask.local.storage.timestamps import iso
from hipflask.local.storage.uploads import Target, complete, require_permission

if TYPE_CHECKING:
    from hipflask.local.storage.context import StorageContext


@dataclass(frozen=True, slots=True)
class Copy:
    """What to copy where. ``metadata`` holds new values of ``cacheControl`` and ``mimetype``.

    It counts, as ``user_metadata`` does, only when the source's are not kept.
    """

    source_bucket: str
    source_name: str
    target: Target
    keeps_metadata: bool = True
    metadata: Mapping[str, str] = field(default_factory=dict)
    user_metadata: Mapping[str, Any] | None = None


def copy_object(
    context: StorageContext, scope: Scope, copy: Copy, *, now: datetime
) -> StoredObject:
    """Copy an object and return the new one's row. Raises NoSuchKey, AccessDenied and others."""
    require_key(copy.target.name)
    rows = context.database.ask(scope, objects.FIND, (copy.source_bucket, copy.source_name))
    source = objects.of_rows(rows, copy.source_name)
    metadata = dict(source.metadata or {})
    user_metadata = source.user_metadata
    if not copy.keeps_metadata:
        metadata |= {
            name: copy.metadata[name]
            for name in ("cacheControl", "mimetype")
            if name in copy.metadata
        }
        user_metadata = copy.user_metadata
    require_permission(
        context.database, scope, copy.target, metadata=metadata, user_metadata=user_metadata
    )
    try:
        version = context.files.copy(source.version or "")
    except FileNotFoundError:
        raise ReplacedMeanwhileError(copy.source_name) from None
    metadata["lastModified"] = iso(now)
    return complete(context, copy.target, version, metadata, user_metadata)
