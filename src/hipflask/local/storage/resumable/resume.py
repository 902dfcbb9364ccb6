"""``PATCH``: the next bytes of an upload."""

from __future__ import annotations

from dataclasses import replace

from hipflask.local.storage.answers import Answer
from hipflask.local.storage.call import Call
from hipflask.local.storage.resumable import refusals
from hipflask.local.storage.resumable.desk import Desk, expiry_header
from hipflask.local.storage.resumable.headers import number_in
from hipflask.local.storage.resumable.reception import receive
from hipflask.local.storage.resumable.shelf import Note
from hipflask.local.storage.resumable.upload_id import UploadId
from hipflask.local.storage.resumable.visitors import visitor_of
from hipflask.local.storage.uploads import size_limit


def resume_upload(desk: Desk, call: Call, upload_id: UploadId) -> Answer:
    """Take the next bytes; may the object still be written?"""
    offset = number_in(call, "Upload-Offset")
    if offset is None:
        raise refusals.no_offset()
    if not call.header("Content-Type"):
        raise refusals.no_content_type()
    visitor = visitor_of(call, upload_id.bucket_id, upload_id.name)
    note = desk.note_of(upload_id, visitor.identity)
    limit = size_limit(call.context, visitor.require_permission(note), note.name)
    turn = desk.turns.of(note.version)
    with turn.lock:
        turn.clear()
        note = desk.live_note_of(upload_id, visitor.identity, call.now)
        if desk.shelf.offset(note) != offset:
            raise refusals.wrong_offset()
        note = _with_length(desk, note, number_in(call, "Upload-Length"), offset, limit)
    received = receive(desk, call, note, offset, limit=limit)
    headers = [("Upload-Offset", str(received))]
    if received == note.length:
        headers.append(("Tus-Complete", "1"))
    else:
        headers.extend(expiry_header(note))
    return Answer(204, headers)


def _with_length(desk: Desk, note: Note, length: int | None, offset: int, limit: int) -> Note:
    """Return the note with the length that the client did not know at first."""
    if length is None:
        return note
    if note.length is not None or length < offset:
        raise refusals.no_length()
    if length > limit:
        raise refusals.above_limit()
    note = replace(note, length=length)
    desk.shelf.save(note)
    return note
