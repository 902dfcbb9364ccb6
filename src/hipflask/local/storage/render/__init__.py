"""What ``/render/image`` does to a picture: resize, crop, turn upright, encode anew.

Pure: bytes and a :class:`Transformation` in, bytes out. No HTTP, no database, no objects' names;
the storage service passes the opened file and answers with what it gets back.

Supabase Storage asks imgproxy for this. The sizes follow imgproxy 3.30 (``processing/prepare.go``,
``crop.go``, ``calc_position.go``), the words follow Storage (``src/storage/renderer/image.ts``) and
the limits Supabase's documentation. Pillow does the pixels, and only loads with the first picture:
a project without transformations does not wait for it.
"""

from __future__ import annotations

from hipflask.local.storage.render.errors import RenderError, TransformationInvalid
from hipflask.local.storage.render.limits import Limits
from hipflask.local.storage.render.renderer import Rendered, render
from hipflask.local.storage.render.transformation import Transformation

__all__ = [
    "Limits",
    "RenderError",
    "Rendered",
    "Transformation",
    "TransformationInvalid",
    "render",
]
