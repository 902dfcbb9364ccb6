"""Which part of a picture to keep when asked to choose (``gravity=sm``).

imgproxy leaves this to libvips, which looks for edges, strong colours and skin. This looks for
edges and strong colours: the same idea, not the same pixel.
"""

from __future__ import annotations

from typing import Final

from PIL import Image, ImageChops, ImageFilter

from hipflask.local.storage.render.geometry import Plan

_SMALL: Final = 64


def interesting_corner(image: Image.Image, plan: Plan) -> tuple[int, int]:
    """Return left and top of a part of the planned size around what catches the eye."""
    scale = min(_SMALL / max(image.size), 1.0)
    size = (max(round(image.width * scale), 3), max(round(image.height * scale), 3))
    small = image.convert("RGB").resize(size, Image.Resampling.BILINEAR)
    edges = small.convert("L").filter(ImageFilter.FIND_EDGES)
    # The filter leaves the outermost pixels as they were: no edges there.
    frame = Image.new("L", size)
    frame.paste(edges.crop((1, 1, size[0] - 1, size[1] - 1)), (1, 1))
    interest = ImageChops.add(frame, small.convert("HSV").getchannel("S"), scale=2)
    reach = max(min(plan.cropped.width, plan.cropped.height) * scale / 4, 1.0)
    interest = interest.filter(ImageFilter.GaussianBlur(reach))
    values = interest.tobytes()
    place = values.index(max(values))
    at_x = (place % size[0] + 0.5) / size[0] * image.width
    at_y = (place // size[0] + 0.5) / size[1] * image.height
    free_across, free_down = plan.spare
    return (
        max(0, min(round(at_x - plan.cropped.width / 2), free_across)),
        max(0, min(round(at_y - plan.cropped.height / 2), free_down)),
    )
