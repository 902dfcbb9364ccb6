"""Everything that somebody owns, as a zip that is written while it is sent.

Nothing is collected first: rows come page by page as the user (row-level security), files in pieces
from Storage, and what the zip module has written leaves at once. Memory stays the same however much
there is. GDPR article 20: a structured, commonly used and machine-readable format.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any, cast
from uuid import UUID

from hipflask import errors

from ..extensions import hip

if TYPE_CHECKING:
    from hipflask import User

_PIECE = 64 * 1024
_PAGE = 100
_FIRST = UUID(int=0)

Row = dict[str, Any]


class _Outbox:
    """What the zip module writes to: a stream that cannot go back, emptied after each piece."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keep a piece until it is taken."""
        self._waiting.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: `take` is what empties it."""

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken = b"".join(self._waiting)
        self._waiting.clear()
        return taken


class Export:
    """One export. ``facts`` are what Supabase Auth says of the user."""

    def __init__(self, user: User, facts: dict[str, Any]) -> None:
        self._user = user
        self._facts = facts
        self._outbox = _Outbox()
        self._missing: list[str] = []

    def __iter__(self) -> Iterator[bytes]:
        with zipfile.ZipFile(
            cast("IO[bytes]", self._outbox), "w", zipfile.ZIP_DEFLATED, allowZip64=True
        ) as archive:
            for step in (self._profile, self._notes, self._files, self._avatars, self._log):
                yield from step(archive)
            if self._missing:
                text = "These files could not be read. Download your data again later.\n\n"
                archive.writestr("missing-files.txt", text + "\n".join(self._missing) + "\n")
        yield self._outbox.take()

    def _profile(self, archive: zipfile.ZipFile) -> Iterator[bytes]:
        identities = self._facts.pop("identities", None) or []
        archive.writestr("profile.json", _json(self._facts))
        archive.writestr("identities.json", _json(identities))
        yield self._outbox.take()

    def _notes(self, archive: zipfile.ZipFile) -> Iterator[bytes]:
        """Write the notes twice: as they are stored, and to be read."""
        for name, start, between, end, text in (
            ("notes.json", "[\n", ",\n", "\n]\n", _json),
            ("notes.md", "# Notes\n", "\n", "", _note_markdown),
        ):
            with archive.open(name, "w") as entry:
                entry.write(start.encode())
                first = True
                for note in self._all_notes():
                    entry.write(("" if first else between).encode() + text(note).encode())
                    first = False
                    yield self._outbox.take()
                entry.write(end.encode())
            yield self._outbox.take()

    def _all_notes(self) -> Iterator[Row]:
        after = _FIRST
        while rows := hip.db.fetch_all_as(self._user, _NOTES, {"after": after, "limit": _PAGE}):
            yield from rows
            after = rows[-1]["id"]

    def _files(self, archive: zipfile.ZipFile) -> Iterator[bytes]:
        after = ""
        while rows := hip.db.fetch_all_as(self._user, _FILES, {"after": after, "limit": _PAGE}):
            for row in rows:
                after = row["object"]
                folder = "deleted files" if row["deleted_at"] else "files"
                path = _inside(f"{row['path']}/{row['name']}")
                name = self._free(archive, f"{folder}/{path}")
                yield from self._object(archive, "files", after, name)
        yield self._outbox.take()

    def _free(self, archive: zipfile.ZipFile, name: str) -> str:
        """Return a name that no entry has yet: two systems may write two names as one."""
        stem, dot, ending = name.rpartition(".")
        number, free = 2, name
        while free in archive.NameToInfo:
            free = f"{stem} {number}.{ending}" if dot else f"{name} {number}"
            number += 1
        return free

    def _avatars(self, archive: zipfile.ZipFile) -> Iterator[bytes]:
        rows = hip.db.fetch_all_as(self._user, _AVATARS)
        for row in rows:
            name = row["name"].rpartition("/")[2]
            yield from self._object(archive, "avatars", row["name"], f"picture/{name}")

    def _log(self, archive: zipfile.ZipFile) -> Iterator[bytes]:
        with archive.open("security-log.jsonl", "w") as entry:
            for event in hip.auth.security_log.everything(self._user):
                line = {
                    "time": event.created_at,
                    "event": event.event,
                    "details": dict(event.details),
                    "address": event.address,
                    "browser": event.user_agent,
                }
                text = json.dumps(line, default=_plain, ensure_ascii=False)
                entry.write(text.encode() + b"\n")
                yield self._outbox.take()

    def _object(
        self, archive: zipfile.ZipFile, bucket: str, name: str, entry_name: str
    ) -> Iterator[bytes]:
        try:
            download = hip.storage.as_user().bucket(bucket).open(name)
        except errors.HipFlaskError:
            self._missing.append(entry_name)
            return
        # Stored as they are: pictures, films and archives do not get any smaller.
        about = zipfile.ZipInfo(entry_name)
        about.compress_type = zipfile.ZIP_STORED
        with download, archive.open(about, "w", force_zip64=True) as entry:
            while piece := download.read(_PIECE):
                entry.write(piece)
                yield self._outbox.take()
        yield self._outbox.take()


_NOTES = """
    select id, title, body, created_at, updated_at, deleted_at from public.notes
    where id > %(after)s order by id limit %(limit)s
"""
# Each file with the names of its folders; the object's name tells two of the same name apart.
_FILES = """
    with recursive folders as (
      select id, name::text as path, 1 as depth from public.files
      where is_folder and folder_id is null
      union all
      select f.id, folders.path || '/' || f.name, depth + 1
      from public.files f join folders on f.folder_id = folders.id
      where f.is_folder and depth < 100
    )
    select f.object, f.name, f.deleted_at, coalesce(folders.path, '') as path
    from public.files f
    join storage.objects o on o.bucket_id = 'files' and o.name = f.object
    left join folders on folders.id = f.folder_id
    where not f.is_folder and f.object > %(after)s
    order by f.object limit %(limit)s
"""
_AVATARS = """
    select name from storage.objects
    where bucket_id = 'avatars' and name collate "C" >= auth.uid()::text || '/'
      and name collate "C" < auth.uid()::text || '0' order by name
"""


def _inside(path: str) -> str:
    """Return a path that no unpacker takes for one outside its folder ("zip slip")."""
    parts = [part for part in path.replace("\\", "_").split("/") if part not in ("", ".", "..")]
    return "/".join(parts) or "unnamed"


def _note_markdown(note: Row) -> str:
    return f"\n## {note['title']}\n\n{note['created_at']:%Y-%m-%d}\n\n{note['body']}\n"


def _json(value: Any) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False, indent=2)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
