"""``DELETE``: an upload that the client does not want any more."""

from __future__ import annotations

from hipflask.local.storage.answers import Answer
from hipflask.local.storage.call import Call
from hipflask.local.storage.resumable.desk import Desk
from hipflask.local.storage.resumable.refusals import already_whole
from hipflask.local.storage.resumable.upload_id import UploadId
from hipflask.local.storage.resumable.visitors import visitor_of


def terminate_upload(desk: Desk, call: Call, upload_id: UploadId) -> Answer:
    """Forget an upload with its bytes, and end who is sending some."""
    visitor = visitor_of(call, upload_id.bucket_id, upload_id.name)
    visitor.require_permission(desk.note_of(upload_id, visitor.identity))
    turn = desk.turns.of(upload_id.version)
    with turn.lock:
        note = desk.note_of(upload_id, visitor.identity)
        if desk.shelf.offset(note) == note.length:
            raise already_whole()
        turn.end()
        desk.shelf.remove(note.version)
    return Answer(204)
