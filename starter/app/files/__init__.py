"""Files and folders of one user: the bytes in Storage, names and places in ``public.files``.

The two are joined where they are read: a row whose object is not there is an upload under way.
Row-level security decides whose, here and there.
"""

from __future__ import annotations

from .entry import Entry, Folder, Listing
from .quota import LARGEST, Usage
from .shelf import Shelf

BUCKET = "files"
"""The bucket's id, as in the migration."""

__all__ = ["BUCKET", "LARGEST", "Entry", "Folder", "Listing", "Shelf", "Usage"]
