"""``/api/v1``: JSON in, JSON out; errors are RFC 9457 problems, which the kit writes."""

from __future__ import annotations

from hipflask import api

from .me import me
from .notes import notes
from .uploads import uploads

v1 = api.Api(
    "Hipflask starter",
    "1",
    prefix="/api/v1",
    about="Notes and files of the person who is signed in.",
    resources=[me, notes, uploads],
)
