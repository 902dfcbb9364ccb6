"""Uploads that are under way, on disk.

    uploads/resumable/3f0c….json    what the client said about it
    uploads/resumable/3f0c…         what has arrived; its size is the offset

The note outlives the bytes: it answers for a finished upload until that expires.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from hipflask.local.storage.resumable.metadata import Metadata, user_metadata
from hipflask.local.storage.resumable.upload_id import UploadId

#: How long an upload may take, as hosted Supabase has it.
LIFETIME: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Note:
    """What is known about an upload. ``length`` is None until the client says it.

    ``identity`` is whose it is: nobody else may go on with it.
    """

    bucket_id: str
    name: str
    version: str
    identity: str
    owner: str | None
    upsert: bool
    created_at: str
    length: int | None
    metadata: Metadata
    finished: bool = False

    @property
    def id(self) -> UploadId:
        """Its address."""
        return UploadId(self.bucket_id, self.name, self.version)

    @property
    def user_metadata(self) -> Mapping[str, Any] | None:
        """What the client wants to have kept with the object."""
        return user_metadata(self.metadata)

    @property
    def expires(self) -> datetime:
        """When it ends."""
        return datetime.fromisoformat(self.created_at) + LIFETIME


class Shelf:
    """The folder of the uploads under way. Who changes one has its turn (``turns.py``)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, version: str) -> Note | None:
        """Return an upload's note, or None."""
        try:
            return Note(**_mapping(self._note(version).read_bytes()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def save(self, note: Note) -> None:
        """Write a note, whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._note(note.version)
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(note)))
        draft.replace(path)

    def finish(self, note: Note) -> None:
        """Note that the database has the object, and drop what had arrived of it."""
        self.save(replace(note, finished=True))
        with contextlib.suppress(OSError):
            self.file(note.version).unlink()

    def offset(self, note: Note) -> int:
        """Return how many bytes have arrived."""
        if note.finished and note.length is not None:
            return note.length
        try:
            return self.file(note.version).stat().st_size
        except FileNotFoundError:
            return 0

    def file(self, version: str) -> Path:
        """Return where the bytes of an upload lie; nothing lies there before the first."""
        return self._folder / version

    def remove(self, version: str) -> None:
        """Forget an upload."""
        for path in (self._note(version), self.file(version)):
            with contextlib.suppress(OSError):
                path.unlink()

    def expired(self, now: datetime) -> Iterator[str]:
        """Return the uploads whose time is over."""
        for path in sorted(self._folder.glob("*.json")):
            note = self.find(path.stem)
            if note is None or note.expires < now:
                yield path.stem

    def tidy(self) -> None:
        """Drop what a crash left: drafts of notes, bytes of no upload. Only while none runs."""
        for path in sorted(self._folder.glob("*")):
            if path.suffix == ".draft" or not (path.suffix or self._note(path.name).exists()):
                path.unlink(missing_ok=True)

    def _note(self, version: str) -> Path:
        return self._folder / f"{version}.json"


def _mapping(raw: bytes) -> Mapping[str, Any]:
    value = json.loads(raw)
    if not isinstance(value, dict):
        raise ValueError("not a note")
    return value
