"""A signed request with what it needs to be carried out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from hipflask.local.storage.answers import Answer
from hipflask.local.storage.database import Database, Scope
from hipflask.local.storage.mime_types import OCTET_STREAM
from hipflask.local.storage.s3.request import S3Call
from hipflask.local.storage.uploads import Target

if TYPE_CHECKING:
    from hipflask.local.storage.context import StorageContext
    from hipflask.local.storage.files import FileStore


@dataclass(frozen=True, kw_only=True)
class StorageCall(S3Call):
    """A request, who sent it, and the storage that it is about."""

    context: StorageContext
    scope: Scope
    now: datetime

    @property
    def database(self) -> Database:
        """The database; ``as_caller(call.scope)`` lets row-level security decide."""
        return self.context.database

    @property
    def files(self) -> FileStore:
        """The files of the objects."""
        return self.context.files

    @property
    def content_type(self) -> str:
        """The type of what is uploaded."""
        return self.headers.get("content-type") or OCTET_STREAM

    @property
    def cache_control(self) -> str:
        """The header to serve it with."""
        return self.headers.get("cache-control") or "no-cache"

    def upload_target(self, key: str = "") -> Target:
        """Return where an upload of this request goes. S3 always replaces what is there."""
        return Target(self.bucket, key or self.key, self.scope.caller.user_id, upsert=True)


#: An operation of S3's. A refusal is a raised S3Error or StorageError.
Action = Callable[[StorageCall], Answer]
