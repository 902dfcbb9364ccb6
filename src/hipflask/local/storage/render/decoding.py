"""From a file to rendered frames.

Decoders of hostile files raise nearly anything, so whatever they raise means one thing here: the
source is broken. Only the formats that :mod:`source` knows are ever opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, Final

from PIL import Image

from hipflask.local.storage.render.errors import (
    RenderError,
    invalid_source,
    resolution_too_large,
)
from hipflask.local.storage.render.geometry import Size, plan
from hipflask.local.storage.render.limits import Limits
from hipflask.local.storage.render.pixels import (
    orientation_of,
    rendered,
    shrink_while_reading,
    upright_size,
)
from hipflask.local.storage.render.source import (
    check_pixels,
    check_webp_canvas,
    largest_icon,
)
from hipflask.local.storage.render.transformation import Transformation

#: The formats whose animation survives.
ANIMATED: Final = frozenset({"gif", "webp"})
#: Milliseconds of a frame that does not say; what browsers take.
_USUAL_DURATION: Final = 100


@dataclass(frozen=True, slots=True)
class Frames:
    """Rendered pictures, and for an animation how long each lasts and how often all play."""

    images: list[Image.Image]
    durations: list[int]
    #: 0 means for ever.
    plays: int = 1

    @property
    def animated(self) -> bool:
        """Say whether there is more than one."""
        return len(self.images) > 1

    @property
    def transparent(self) -> bool:
        """Say whether a format without transparency would lose something."""
        return any(image.mode == "RGBA" for image in self.images)


def decoded(
    file: BinaryIO, kind: str, wish: Transformation, limits: Limits, *, still: bool
) -> Frames:
    """Render a file of that kind; ``still`` means the first frame only. Raises RenderError."""
    try:
        if kind == "ico":
            kind, file = largest_icon(file)
        if kind == "webp":
            check_webp_canvas(file, limits)
        with Image.open(file, formats=[kind.upper()]) as image:
            check_pixels(Size(*image.size), limits)
            if kind in ANIMATED and not still and getattr(image, "is_animated", False):
                return _animation(image, kind, wish, limits)
            return Frames([_picture(image, kind, wish)], [0])
    except RenderError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise resolution_too_large() from error
    except Exception as error:
        raise invalid_source() from error


def _picture(image: Image.Image, kind: str, wish: Transformation) -> Image.Image:
    # A TIFF's decoder turns the picture itself.
    orientation = 1 if kind == "tiff" else orientation_of(image)
    sizes = plan(upright_size(image, orientation), wish)
    if kind == "jpeg":
        shrink_while_reading(image, sizes, orientation)
    image.load()
    if kind == "tiff":
        sizes = plan(Size(*image.size), wish)
    return rendered(image, sizes, wish, orientation)


def _animation(image: Image.Image, kind: str, wish: Transformation, limits: Limits) -> Frames:
    size = Size(*image.size)
    orientation = orientation_of(image)
    sizes = plan(upright_size(image, orientation), wish)
    plays = _plays(image, kind)
    images: list[Image.Image] = []
    durations: list[int] = []
    # Counted as we go: to count the frames of a GIF means to read all of it.
    for number in range(limits.frames):
        try:
            image.seek(number)
        except EOFError:
            break
        check_pixels(size, limits, number + 1)
        if image.size != (size.width, size.height):
            # A frame that leaves the canvas would enlarge it, after the check.
            raise invalid_source()
        image.load()
        durations.append(int(image.info.get("duration", _USUAL_DURATION)))
        images.append(rendered(image.convert("RGBA"), sizes, wish, orientation))
    return Frames(images, durations, plays)


def _plays(image: Image.Image, kind: str) -> int:
    """Return how often an animation plays: a GIF says how often it repeats, if it does."""
    loop = image.info.get("loop")
    if kind == "webp":
        return int(loop or 0)
    return 1 if loop is None else int(loop) + 1 if loop else 0
