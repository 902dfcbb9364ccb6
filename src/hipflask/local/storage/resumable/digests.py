"""MD5 sums that go on with the next request.

Without one, after a restart, the whole file is read once more at the end.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import Final, Protocol

_REMEMBERED: Final = 256


class Digest(Protocol):
    """A sum under way."""

    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


class Digests:
    """The sums of the uploads that were written to last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[int, Digest]] = OrderedDict()

    def take(self, version: str, offset: int) -> Digest | None:
        """Return the sum of an upload's first ``offset`` bytes, which is the caller's now."""
        with self._lock:
            at, digest = self._known.pop(version, (-1, None))
        if offset == 0:
            return hashlib.md5(usedforsecurity=False)
        return digest if at == offset else None

    def keep(self, version: str, offset: int, digest: Digest | None) -> None:
        """Remember the sum of an upload's first ``offset`` bytes."""
        if digest is None:
            return
        with self._lock:
            self._known[version] = (offset, digest)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
