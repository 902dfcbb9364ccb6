"""From rendered frames to a file.

Which format is imgproxy's rule (``processing/processing.go`` of 3.30): what was asked for, else
WebP for who accepts it, else the source's own if it is JPEG, PNG or GIF, else the first of these
that keeps animation and transparency.
"""

from __future__ import annotations

import io
from typing import Any, Final

from PIL import Image

from hipflask.local.storage.render.decoding import Frames
from hipflask.local.storage.render.geometry import Size, writable

#: Of the format, where none was asked for: those that Storage gives its own imgproxy.
_QUALITY: Final = {"jpeg": 80, "webp": 80, "avif": 62}
_KEPT: Final = frozenset({"jpeg", "png", "gif"})
_SMALLEST_AVIF: Final = 16
#: From here on colours are stored as finely as brightness, as in libvips.
_FINE_COLOURS: Final = 90
_HALF_OPAQUE: Final = 128


def result_kind(asked: str, source: str, frames: Frames) -> str:
    """Return the format to write. ``asked`` is "" where the source's own will do."""
    if asked == "avif":
        small = min(frames.images[0].size) < _SMALLEST_AVIF
        return asked if not small else "png" if frames.transparent else "jpeg"
    if asked:
        return asked
    if source in _KEPT:
        return source
    return "gif" if frames.animated else "png" if frames.transparent else "jpeg"


def encoded(frames: Frames, kind: str, quality: int | None) -> bytes:
    """Return the file."""
    images = [_fitting(image, kind) for image in frames.images]
    options = _options(kind, quality or _QUALITY.get(kind, 0))
    if frames.animated:
        options |= {
            "save_all": True,
            "append_images": images[1:],
            "duration": frames.durations,
        }
        if kind == "webp":
            options["loop"] = frames.plays
        elif frames.plays != 1:
            options["loop"] = max(frames.plays - 1, 0)
        if kind == "gif" and any(image.mode == "RGBA" for image in images):
            options["disposal"] = 2  # or a transparent pixel would show the frame before
    file = io.BytesIO()
    images[0].save(file, kind.upper(), **options)
    return file.getvalue()


def _options(kind: str, quality: int) -> dict[str, Any]:
    if kind == "jpeg":
        fine = quality >= _FINE_COLOURS
        return {"quality": quality, "optimize": True, "subsampling": 0 if fine else 2}
    if kind == "webp":
        return {"quality": quality, "method": 4}
    if kind == "avif":
        return {"quality": quality, "speed": 8}
    return {}


def _fitting(image: Image.Image, kind: str) -> Image.Image:
    """Return the picture as the format can hold it."""
    size = writable(Size(*image.size), kind)
    if (size.width, size.height) != image.size:
        image = image.resize((size.width, size.height), Image.Resampling.LANCZOS)
    if kind == "gif" and image.mode == "RGBA":
        alpha = image.getchannel("A").point(lambda value: 255 if value >= _HALF_OPAQUE else 0)
        if alpha.getextrema() == (255, 255):
            return image.convert("RGB")
        image = image.copy()
        image.putalpha(alpha)
    return image
