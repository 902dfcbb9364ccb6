"""Reading a file piece by piece, never beyond its end."""

from __future__ import annotations

from typing import Literal

Order = Literal["big", "little"]


class Pieces:
    """The bytes of a file, and how far they have been read."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    @property
    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self.at >= len(self._data)

    def take(self, size: int) -> bytes:
        """Return the next bytes; raise ValueError when there are not so many."""
        piece = self._data[self.at : self.at + size]
        if len(piece) != size:
            raise ValueError("the file is cut off")
        self.at += size
        return piece

    def number(self, size: int, order: Order) -> int:
        """Return the next bytes as an unsigned number."""
        return int.from_bytes(self.take(size), order)

    def until(self, mark: bytes) -> bytes:
        """Return what stands before the next ``mark``; raise ValueError when there is none."""
        found = self._data.find(mark, self.at)
        if found < 0:
            raise ValueError("the file is cut off")
        return self.take(found - self.at)
