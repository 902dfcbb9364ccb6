"""What Supabase Storage answers, typed. JSON shapes: supabase/storage, src/storage/schemas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hipflask.errors import StorageUnavailable

from .names import display_name


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object that has just been stored: what was sent, and the id that it got."""

    bucket: str
    name: str
    id: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What Storage knows of an object. ``metadata`` is what the uploader wrote about it."""

    bucket: str
    name: str
    id: str
    version: str
    size: int
    content_type: str
    etag: str
    cache_control: str
    created_at: datetime | None
    last_modified: datetime | None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def display_name(self) -> str:
        """The file name to show, and to save it under."""
        return display_name(self.name)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> ObjectInfo:
        """Read the answer of ``/object/info``."""
        return cls(
            bucket=_text(body, "bucket_id"),
            name=_text(body, "name"),
            id=_text(body, "id"),
            version=_text(body, "version"),
            size=_number(body, "size"),
            content_type=_text(body, "content_type"),
            etag=_text(body, "etag"),
            cache_control=_text(body, "cache_control"),
            created_at=_time(body.get("created_at")),
            last_modified=_time(body.get("last_modified")),
            metadata=_mapping(body, "metadata"),
        )


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder in a listing: the beginning that names have in common, with its slash."""

    name: str

    @property
    def display_name(self) -> str:
        """The folder's own name, as it was typed."""
        return display_name(self.name)


@dataclass(frozen=True, slots=True)
class ObjectEntry:
    """An object in a listing. ``name`` is its whole name, folders included."""

    name: str
    id: str
    size: int
    content_type: str
    etag: str
    created_at: datetime | None
    updated_at: datetime | None

    @property
    def display_name(self) -> str:
        """The file name to show, and to save it under."""
        return display_name(self.name)

    @classmethod
    def from_json(cls, body: Mapping[str, Any], folder: str = "") -> ObjectEntry:
        """Read a row of a listing; ``folder`` is what stands before the row's name."""
        details = _mapping(body, "metadata")
        return cls(
            name=folder + _text(body, "name"),
            id=_text(body, "id"),
            size=_number(details, "size"),
            content_type=_text(details, "mimetype"),
            etag=_text(details, "eTag"),
            created_at=_time(body.get("created_at")),
            updated_at=_time(body.get("updated_at")),
        )


@dataclass(frozen=True, slots=True)
class ObjectPage:
    """A page of a listing. ``cursor`` asks for the next one; None on the last."""

    folders: tuple[Folder, ...]
    objects: tuple[ObjectEntry, ...]
    cursor: str | None = None


def rows(body: object) -> list[Mapping[str, Any]]:
    """Return a JSON list of objects; raise StorageUnavailable when it is something else."""
    if not isinstance(body, list) or not all(isinstance(row, Mapping) for row in body):
        raise malformed()
    return body


def mapping(body: object) -> Mapping[str, Any]:
    """Return a JSON object; raise StorageUnavailable when it is something else."""
    if not isinstance(body, Mapping):
        raise malformed()
    return body


def text(body: Mapping[str, Any], name: str) -> str:
    """Return a text that must be there; raise StorageUnavailable when it is not."""
    value = body.get(name)
    if not isinstance(value, str):
        raise malformed()
    return value


def malformed() -> StorageUnavailable:
    """Return the error for an answer of a success that is not Storage's."""
    return StorageUnavailable(
        "Supabase Storage sent an answer that cannot be read.",
        reason="malformed",
        hint="Check SUPABASE_URL: something else may answer there.",
    )


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _number(body: Mapping[str, Any], name: str) -> int:
    value = body.get(name)
    return value if isinstance(value, int) else 0


def _mapping(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    return value if isinstance(value, Mapping) else {}


def _time(value: object) -> datetime | None:
    """Read an RFC 3339 time; None for anything else."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
