"""Names that people give to files and folders."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hipflask import display_name, object_name

LONGEST = 255
_NUMBER = re.compile(r" \((\d{1,6})\)$")


def presentable(name: str) -> str:
    """Return a file name as every system can have it, and as it will be shown.

    A path in front, control characters and marks that reverse text go.
    """
    return display_name(object_name(name))


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """Return the name, with a number where another file has it: ``report (2).pdf``."""
    lower = {name.lower() for name in taken}
    if wanted.lower() not in lower:
        return wanted
    stem, dot, extension = wanted.rpartition(".")
    if not stem or len(extension) > 16:
        stem, dot, extension = wanted, "", ""
    stem = _NUMBER.sub("", stem)
    number = 2
    while True:
        ending = f" ({number}){dot}{extension}"
        name = stem[: LONGEST - len(ending)] + ending
        if name.lower() not in lower:
            return name
        number += 1
