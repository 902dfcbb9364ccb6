"""What every request about a resumable upload works with."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Final

from hipflask.local.storage.answers import Headers
from hipflask.local.storage.context import StorageContext
from hipflask.local.storage.resumable.digests import Digests
from hipflask.local.storage.resumable.refusals import expired, no_such_upload
from hipflask.local.storage.resumable.shelf import Note, Shelf
from hipflask.local.storage.resumable.turns import Turns
from hipflask.local.storage.resumable.upload_id import UploadId
from hipflask.local.storage.timestamps import http_date

BETWEEN_SWEEPS: Final = timedelta(minutes=10)


class Desk:
    """The uploads of one Storage app."""

    def __init__(self, context: StorageContext) -> None:
        self.context = context
        self.shelf = Shelf(context.files.uploads / "resumable")
        self.turns = Turns()
        self.digests = Digests()
        self._sweeping = threading.Lock()
        self.shelf.tidy()
        self._sweep(context.clock.now())

    def note_of(self, upload_id: UploadId, identity: str) -> Note:
        """Return an upload's note; raise 404 if there is none, or if it is somebody else's."""
        note = self.shelf.find(upload_id.version)
        if note is None or note.id != upload_id or note.identity != identity:
            raise no_such_upload()
        return note

    def live_note_of(self, upload_id: UploadId, identity: str, now: datetime) -> Note:
        """Return the note of an upload whose time is not over."""
        note = self.note_of(upload_id, identity)
        if note.expires < now:
            raise expired()
        return note

    def sweep(self, now: datetime) -> None:
        """Remove what has expired, now and then."""
        if abs(now - self._swept) >= BETWEEN_SWEEPS and self._sweeping.acquire(blocking=False):
            try:
                self._sweep(now)
            finally:
                self._sweeping.release()

    def _sweep(self, now: datetime) -> None:
        self._swept = now
        for version in self.shelf.expired(now):
            turn = self.turns.of(version)
            with turn.lock:
                turn.end()
                self.shelf.remove(version)


def expiry_header(note: Note) -> Headers:
    """Return the header that says until when the upload may be resumed."""
    return (("Upload-Expires", http_date(note.expires)),)
