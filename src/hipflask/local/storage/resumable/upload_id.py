"""The last part of an upload's address: the object it becomes, and its version."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from uuid import UUID

from hipflask.local.storage.names import require_bucket_name, require_key
from hipflask.local.storage.resumable.refusals import invalid_id


@dataclass(frozen=True, slots=True)
class UploadId:
    """``version`` is random: who was not told it cannot guess the address."""

    bucket_id: str
    name: str
    version: str

    @classmethod
    def of_address(cls, encoded: str) -> UploadId:
        """Read an address, or raise InvalidUploadId, InvalidBucketName or InvalidKey."""
        parts = _decoded(encoded).split("/")
        if len(parts) < 3:
            raise invalid_id()
        bucket_id, *name, version = parts
        require_bucket_name(bucket_id)
        require_key("/".join(name))
        if not _is_uuid(version):  # it names a file
            raise invalid_id("Version not provided" if not version else "Invalid upload id")
        return cls(bucket_id, "/".join(name), version)

    @property
    def encoded(self) -> str:
        """The id as the address carries it."""
        text = f"{self.bucket_id}/{self.name}/{self.version}"
        return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _decoded(encoded: str) -> str:
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except (ValueError, binascii.Error):
        raise invalid_id() from None


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
