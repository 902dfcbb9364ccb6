"""``HEAD``: how far an upload has come."""

from __future__ import annotations

from dataclasses import replace

from hipflask.local.storage.answers import Answer
from hipflask.local.storage.call import Call
from hipflask.local.storage.resumable.desk import Desk
from hipflask.local.storage.resumable.finishing import has_row
from hipflask.local.storage.resumable.metadata import as_header
from hipflask.local.storage.resumable.reception import settle
from hipflask.local.storage.resumable.shelf import Note
from hipflask.local.storage.resumable.upload_id import UploadId
from hipflask.local.storage.resumable.visitors import Visitor, visitor_of


def look_up(desk: Desk, call: Call, upload_id: UploadId) -> Answer:
    """Say the offset. A client asks when it lost its connection: that one is ended here."""
    visitor = visitor_of(call, upload_id.bucket_id, upload_id.name)
    turn = desk.turns.of(upload_id.version)
    with turn.lock:
        desk.live_note_of(upload_id, visitor.identity, call.now)  # a stranger ends nobody
        turn.clear()
        note = desk.live_note_of(upload_id, visitor.identity, call.now)
        offset = desk.shelf.offset(note)
        if offset == note.length and not note.finished:
            _make_up_for(desk, call, note, visitor)
    headers = [("Cache-Control", "no-store"), ("Upload-Offset", str(offset))]
    if note.length is None:
        headers.append(("Upload-Defer-Length", "1"))
    else:
        headers.append(("Upload-Length", str(note.length)))
    headers.append(("Upload-Metadata", as_header(note.metadata)))
    return Answer(200, headers)


def _make_up_for(desk: Desk, call: Call, note: Note, visitor: Visitor) -> None:
    """Finish what a crash kept from being finished: the client takes a full offset for success."""
    if not has_row(call, note):
        scope = replace(visitor.scope, operation="storage.tus.upload.part")
        replace(visitor, scope=scope).require_permission(note)
    settle(desk, call, note)
