"""Pictures made for a test, and looking at what comes out."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from hipflask.local.storage.render import Limits, Rendered, Transformation, render

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 128, 0), (0, 0, 255), (255, 255, 255)
ACCEPT = "image/avif,image/webp,image/png,*/*"


def file_of(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Return the picture as a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def halves(width: int = 400, height: int = 200) -> Image.Image:
    """Return a picture that is red on the left and blue on the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def quarters(side: int = 64) -> Image.Image:
    """Return red and green above, blue and white below."""
    image = Image.new("RGB", (side, side), RED)
    half = side // 2
    image.paste(GREEN, (half, 0, side, half))
    image.paste(BLUE, (0, half, half, side))
    image.paste(WHITE, (half, half, side, side))
    return image


def rendering(
    content: bytes, *, accept: str = "", limits: Limits | None = None, **wish: Any
) -> Rendered:
    """Render as the query string would ask for."""
    asked = Transformation.checked({name: str(value) for name, value in wish.items()})
    return render(io.BytesIO(content), asked, accept=accept, limits=limits)


def seen(result: Rendered) -> Image.Image:
    """Open what came out."""
    image = Image.open(io.BytesIO(result.body))
    image.load()
    assert Image.MIME[image.format or ""] == result.media_type
    return image


def picture(content: bytes, **wish: Any) -> Image.Image:
    """Render and open."""
    return seen(rendering(content, **wish))


def alike(
    image: Image.Image, place: tuple[int, int], colour: tuple[int, ...], by: int = 12
) -> bool:
    """Say whether a pixel has about that colour; formats that lose detail need leeway."""
    mode = "RGBA" if len(colour) == 4 else "RGB"
    found = image.convert(mode).getpixel(place)
    assert isinstance(found, tuple)
    return all(abs(one - other) <= by for one, other in zip(found, colour, strict=True))
