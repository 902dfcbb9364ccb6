"""Bytes on their way to the shelf; with the last one the upload becomes an object."""

from __future__ import annotations

import logging
from typing import BinaryIO

from hipflask.local.storage import buckets
from hipflask.local.storage.call import Call
from hipflask.local.storage.errors import StorageError
from hipflask.local.storage.resumable.arrivals import arriving
from hipflask.local.storage.resumable.desk import Desk
from hipflask.local.storage.resumable.finishing import finish, has_row
from hipflask.local.storage.resumable.refusals import (
    above_length,
    above_limit,
    no_such_upload,
    wrong_offset,
)
from hipflask.local.storage.resumable.shelf import Note
from hipflask.local.storage.resumable.turns import Turn
from hipflask.local.storage.uploads import size_limit

_log = logging.getLogger(__name__)


def receive(desk: Desk, call: Call, note: Note, offset: int, *, carries_bytes: bool = True) -> int:
    """Append a request's body at ``offset`` and return the new one. What arrives stays.

    Raises ConnectionLost when the client hangs up, and a refusal when another request takes the
    upload over; both leave every byte that was there.
    """
    turn = desk.turns.of(note.version)
    most = _room(call, note, offset)
    if note.finished:
        return offset
    with turn.lock:
        if desk.shelf.offset(note) != offset:
            raise wrong_offset()
        proof = turn.take()
        digest = desk.digests.take(note.version, offset)
        file = desk.shelf.file(note.version).open("ab", buffering=0)
    received = offset
    try:
        for piece in arriving(call) if carries_bytes else ():
            if received + len(piece) > offset + most:
                raise above_limit()
            _append(turn, proof, file, piece)
            received += len(piece)
            if digest is not None:
                digest.update(piece)
    finally:
        file.close()
        if received != note.length:
            desk.digests.keep(note.version, received, digest)
    if received == note.length:
        with turn.lock:
            settle(desk, call, note, md5=digest.hexdigest() if digest is not None else "")
    return received


def settle(desk: Desk, call: Call, note: Note, *, md5: str = "") -> None:
    """Make an object of a whole upload, unless somebody has. The caller holds the turn's lock."""
    present = desk.shelf.find(note.version)
    if present is None:
        raise no_such_upload()  # terminated with its last byte
    if present.finished:
        return
    if has_row(call, present):  # a crash came between the row and the note
        desk.shelf.finish(present)
    else:
        finish(call, desk.shelf, present, md5=md5)


def _room(call: Call, note: Note, offset: int) -> int:
    """Return how many bytes the body may have; raise if it announces more."""
    announced = call.content_length or 0
    if note.length is not None:
        if offset + announced > note.length:
            raise above_length()
        return note.length - offset
    rows = call.database.ask(None, buckets.FIND, (note.bucket_id,))
    limit = size_limit(call.context, buckets.of_rows(rows, note.bucket_id), note.name)
    if offset + announced > limit:
        raise above_length()
    return limit - offset


def _append(turn: Turn, proof: object, file: BinaryIO, piece: bytes) -> None:
    with turn.lock:
        turn.require(proof)
        view = memoryview(piece)
        try:
            while view:
                view = view[file.write(view) :]
        except OSError as error:
            _log.error("an upload could not be written", exc_info=error)
            reason = error.strerror or type(error).__name__
            text = f"The file could not be written: {reason}"
            raise StorageError("InternalError", text, status=500) from error
