"""An upload of which every byte is there becomes an object.

The bytes stay on the shelf until the note says that the row is there. So after a crash in between
the upload can be finished, and the version tells whether it was.
"""

from __future__ import annotations

from hipflask.local.storage.call import Call
from hipflask.local.storage.resumable import metadata
from hipflask.local.storage.resumable.shelf import Note, Shelf
from hipflask.local.storage.uploads import Target, complete, object_metadata


def has_row(call: Call, note: Note) -> bool:
    """Tell whether the database has the object already."""
    return bool(call.database.versions_in_use([note.version]))


def finish(call: Call, shelf: Shelf, note: Note, *, md5: str = "") -> None:
    """Make the row and drop the bytes. Permission was asked before."""
    path = shelf.file(note.version)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()  # an empty object's was never written to
    written = call.context.files.adopt(path, md5=md5, version=note.version, keep=True)
    found = object_metadata(
        written,
        content_type=metadata.content_type(note.metadata),
        cache_control=note.metadata.get("cacheControl") or "no-cache",
        now=call.now,
    )
    target = Target(note.bucket_id, note.name, note.owner, note.upsert)
    complete(call.context, target, note.version, found, note.user_metadata)
    shelf.finish(note)
