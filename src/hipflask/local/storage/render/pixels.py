"""One picture's pixels: plain modes, scaling, turning upright, the colours of the web.

Everything that a file says beside its pixels (position, camera, comment, colour profile) ends
here: what leaves this module has none.
"""

from __future__ import annotations

import io
from typing import Final, Literal

from PIL import Image, ImageCms

from hipflask.local.storage.render.geometry import Plan, Size, corner
from hipflask.local.storage.render.smart import interesting_corner
from hipflask.local.storage.render.transformation import Transformation

_ORIENTATION: Final = 0x0112  # EXIF 2.32, 4.6.4
#: What undoes each orientation. 1 is upright.
_UNDOING: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LYING: Final = frozenset({5, 6, 7, 8})
#: A JPEG's decoder may halve as it reads, as long as this many times the result is left.
_SPARE: Final = 2


def orientation_of(image: Image.Image) -> int:
    """Return the EXIF orientation; 1 where there is none, or the EXIF is broken."""
    try:
        found = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # a broken EXIF block makes no picture broken
        return 1
    return found if found in _UNDOING else 1


def upright_size(image: Image.Image, orientation: int) -> Size:
    """Return the size after turning."""
    size = Size(*image.size)
    return size.turned() if orientation in _LYING else size


def shrink_while_reading(image: Image.Image, plan: Plan, orientation: int) -> None:
    """Let a JPEG's decoder leave out what the result does not need."""
    scaled = plan.scaled.turned() if orientation in _LYING else plan.scaled
    image.draft(None, (scaled.width * _SPARE, scaled.height * _SPARE))


def rendered(
    image: Image.Image, plan: Plan, wish: Transformation, orientation: int = 1
) -> Image.Image:
    """Return the picture as planned: L, RGB or RGBA in sRGB, without metadata."""
    profile = image.info.get("icc_profile")
    image = _plain(image)
    scaled = plan.scaled.turned() if orientation in _LYING else plan.scaled
    target = (scaled.width, scaled.height)
    if image.size != target:
        image = image.resize(target, Image.Resampling.LANCZOS)
    if orientation in _UNDOING:
        image = image.transpose(_UNDOING[orientation])
    image = _in_web_colours(image, profile if isinstance(profile, bytes) else b"")
    image = _cropped(image, plan, wish)
    if type(image) is not Image.Image:
        image = image.copy()  # no longer the file, which knows more than its pixels
    image.info = {}
    return image


def _plain(image: Image.Image) -> Image.Image:
    """Return the picture in a mode that can be scaled without loss of meaning."""
    if image.mode.startswith("I;16"):
        # Of 16 bits the upper 8; `point` on this mode takes a scale.
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode == "I":
        high = image.getextrema()[1]
        assert isinstance(high, int | float)
        return (
            image.point(lambda v: v * (1 / 256)).convert("L") if high > 255 else image.convert("L")
        )
    transparent = "transparency" in image.info or image.mode in {"PA", "LA", "La", "RGBa"}
    if image.mode in {"1", "L", "P", "PA", "LA", "La", "RGBa", "RGB"} and transparent:
        return image.convert("RGBA")
    if image.mode in {"P", "RGBX", "YCbCr", "HSV"}:
        return image.convert("RGB")
    if image.mode in {"1", "F"}:
        return image.convert("L")
    return image


def _in_web_colours(image: Image.Image, profile: bytes) -> Image.Image:
    """Return L, RGB or RGBA in sRGB."""
    if image.mode == "RGBA":
        if not profile:
            return image
        colours = _in_web_colours(image.convert("RGB"), profile)
        colours.putalpha(image.getchannel("A"))
        return colours
    if image.mode == "LAB":
        return _translated(image, _made("LAB")) or image.convert("RGB")
    if profile and image.mode in {"L", "RGB", "CMYK"}:
        try:
            known = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        except (OSError, ImageCms.PyCMSError):
            known = None
        if known is not None and "sRGB" not in str(known.profile.profile_description):
            image = _translated(image, known) or image
    return image if image.mode in {"L", "RGB"} else image.convert("RGB")


def _translated(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image | None:
    """Return the picture in sRGB; None where the profile is not one for such a picture."""
    try:
        return ImageCms.profileToProfile(image, profile, _made("sRGB"), outputMode="RGB")
    except ImageCms.PyCMSError:
        return None


def _made(space: Literal["LAB", "sRGB"]) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(space))


def _cropped(image: Image.Image, plan: Plan, wish: Transformation) -> Image.Image:
    if plan.spare == (0, 0):
        return image
    find = interesting_corner(image, plan) if wish.gravity == "sm" else corner(plan, wish)
    left, top = find
    return image.crop((left, top, left + plan.cropped.width, top + plan.cropped.height))
