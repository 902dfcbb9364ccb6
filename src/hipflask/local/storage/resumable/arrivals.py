"""A body as it arrives: no byte waits for the ones behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from hipflask.local.storage.call import Call
from hipflask.local.storage.files import CHUNK, Readable
from hipflask.local.storage.resumable.refusals import ConnectionLost

_SMALL: Final = 16 * 1024


def arriving(call: Call) -> Iterator[bytes]:
    """Yield the body in pieces, each as soon as it is there. Raises ConnectionLost."""
    if not call.has_body:
        return
    left = call.content_length
    while left is None or left > 0:
        try:
            piece = _next(call.stream)
        except (OSError, ValueError):
            raise ConnectionLost from None
        if not piece:
            break
        if left is not None:
            left -= len(piece)
        yield piece
    if left:
        raise ConnectionLost


def _next(stream: Readable) -> bytes:
    """Return what has arrived; wait only where nothing has.

    A whole block would be lost with the connection that breaks in the middle of it.
    """
    arrived: Callable[[int], bytes] | None = getattr(stream, "read1", None)
    return stream.read(_SMALL) if arrived is None else arrived(CHUNK)
