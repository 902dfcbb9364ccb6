"""The pictures that were rendered last, in memory.

A thumbnail of a 4 MB photograph takes 40 ms, a large one 300 ms, and every browser asks anew. A
version's content never changes and is looked up before it is served, so nothing here grows stale:
what was replaced or deleted is merely not asked for again, and makes room in its turn.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final, TypeAlias

from hipflask.local.storage.render.renderer import Rendered
from hipflask.local.storage.render.transformation import Transformation

#: The version of the source, the wish, and the format that was negotiated.
Key: TypeAlias = tuple[str, Transformation, str]

_MOST_BYTES: Final = 32 << 20


class RenderedCache:
    """Up to ``limit`` bytes of pictures; those not asked for the longest go first."""

    def __init__(self, limit: int = _MOST_BYTES) -> None:
        self._limit = limit
        self._kept: OrderedDict[Key, Rendered] = OrderedDict()
        self._size = 0
        self._turn = threading.Lock()

    def get(self, key: Key) -> Rendered | None:
        """Return the picture if it is here."""
        with self._turn:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, key: Key, rendered: Rendered) -> None:
        """Remember a picture, unless it alone would push out most of the others."""
        if len(rendered.body) > self._limit // 4:
            return
        with self._turn:
            if key in self._kept:  # two asked at the same time
                return
            self._kept[key] = rendered
            self._size += len(rendered.body)
            while self._size > self._limit:
                _, oldest = self._kept.popitem(last=False)
                self._size -= len(oldest.body)
