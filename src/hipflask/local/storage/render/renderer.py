"""One request: a file, a wish and what the browser accepts, to the picture it gets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import BinaryIO, Final

from hipflask.local.storage.render.errors import invalid_source, timed_out
from hipflask.local.storage.render.limits import Limits
from hipflask.local.storage.render.source import checked_size, kind_of
from hipflask.local.storage.render.svg import SVG_HEADERS, sanitized
from hipflask.local.storage.render.transformation import Transformation

#: A picture takes a processor and up to some hundred megabytes while it is rendered.
_WORKERS: Final = BoundedSemaphore(max(min(os.cpu_count() or 1, 4), 2))
_NO_HEADERS: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Rendered:
    """The answer's body and type. ``headers`` belong to it for safety's sake."""

    body: bytes
    media_type: str
    headers: Mapping[str, str] = field(default_factory=lambda: _NO_HEADERS)


def render(
    source: BinaryIO, wish: Transformation, *, accept: str = "", limits: Limits | None = None
) -> Rendered:
    """Return the picture as wished. ``accept`` is the request's header.

    The source must be seekable; it is not closed. Raises RenderError.
    """
    limits = limits or Limits()
    size = checked_size(source, limits)
    kind = kind_of(source)
    asked = asked_format(wish, accept)
    if kind == "xml":
        if wish.format in {"avif", "webp"}:
            raise invalid_source()  # this would need a drawing engine
        return Rendered(sanitized(source.read(size)), "image/svg+xml", SVG_HEADERS)
    if not _WORKERS.acquire(timeout=limits.seconds_to_wait):
        raise timed_out()
    try:
        return _rendered(source, kind, wish, asked, limits)
    finally:
        _WORKERS.release()


def _rendered(
    source: BinaryIO, kind: str, wish: Transformation, asked: str, limits: Limits
) -> Rendered:
    # Pillow takes longer to import than the rest of storage: only who renders waits for it.
    from hipflask.local.storage.render.decoding import decoded
    from hipflask.local.storage.render.encoding import encoded, result_kind

    frames = decoded(source, kind, wish, limits, still=asked == "avif")
    result = result_kind(asked, kind, frames)
    return Rendered(encoded(frames, result, wish.quality), f"image/{result}")


def asked_format(wish: Transformation, accept: str) -> str:
    """Return ``webp``, ``avif`` or "" for the source's own.

    Who names no format gets WebP if he accepts it: Supabase has only that detection on. The header
    is searched and not parsed, as imgproxy does.
    """
    if wish.format in {"avif", "webp"}:
        return wish.format
    return "webp" if wish.format is None and "image/webp" in accept else ""
