"""Bytes on their way to the shelf; with the last one the upload becomes an object."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import BinaryIO

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

_log = logging.getLogger(__name__)


def receive(
    desk: Desk, call: Call, note: Note, offset: int, *, limit: int, carries_bytes: bool = True
) -> int:
    """Append a request's body at ``offset`` and return the new one. What arrives stays.

    Raises ConnectionLost when the client hangs up, and a refusal when another request takes the
    upload over; both leave every byte that was there.
    """
    end = limit if note.length is None else note.length
    if offset + (call.content_length or 0) > end:
        raise above_length()
    if note.finished:
        return offset
    turn = desk.turns.of(note.version)
    with turn.lock:
        turn.clear()
        if desk.shelf.offset(note) != offset:
            raise wrong_offset()
        proof = turn.take()
    try:
        pieces = arriving(call) if carries_bytes else ()
        received, md5 = _write(desk, turn, proof, note, pieces, offset=offset, end=end)
        if received == note.length:
            with turn.lock:
                settle(desk, call, note, md5=md5)
    finally:
        with turn.lock:
            turn.leave(proof)
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


def _write(
    desk: Desk,
    turn: Turn,
    proof: object,
    note: Note,
    pieces: Iterable[bytes],
    *,
    offset: int,
    end: int,
) -> tuple[int, str]:
    """Return the new offset and, where it is known, the MD5 of everything up to it."""
    digest = desk.digests.take(note.version, offset)
    try:
        with desk.shelf.file(note.version).open("ab", buffering=0) as file:
            for piece in pieces:
                if offset + len(piece) > end:
                    raise above_limit()
                with turn.lock:
                    turn.require(proof)
                    _append(file, piece)
                offset += len(piece)
                if digest is not None:
                    digest.update(piece)
        return offset, digest.hexdigest() if digest is not None else ""
    finally:
        desk.digests.keep(note.version, offset, digest)


def _append(file: BinaryIO, piece: bytes) -> None:
    view = memoryview(piece)
    try:
        while view:
            view = view[file.write(view) :]
    except OSError as error:
        _log.error("an upload could not be written", exc_info=error)
        reason = error.strerror or type(error).__name__
        text = f"The file could not be written: {reason}"
        raise StorageError("InternalError", text, status=500) from error
