"""Names that people give to files and folders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count

from hipflask import display_name, object_name

LONGEST = 255
_NUMBER = re.compile(r" \((\d{1,6})\)$")


def presentable(name: str) -> str:
    """Return a file name as every system can have it, and as it will be shown.

    A path in front, control characters and marks that reverse text go.
    """
    return display_name(object_name(name))


def numbered(wanted: str) -> Iterator[str]:
    """Return the name, then others to try where it is taken: ``report (2).pdf``, without end."""
    yield wanted
    stem, dot, extension = wanted.rpartition(".")
    if not stem or len(extension) > 16:
        stem, dot, extension = wanted, "", ""
    stem = _NUMBER.sub("", stem)
    for number in count(2):
        ending = f" ({number}){dot}{extension}"
        yield stem[: LONGEST - len(ending)] + ending
