"""Finds the line of a TOML text that sets a key, which ``tomllib`` does not tell. Pure."""

from __future__ import annotations

import re

_HEADER = re.compile(r"\[{1,2}\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"""((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")


def line_of(text: str, name: str) -> int | None:
    """Return the line that sets ``name`` (a dotted path), or the nearest that holds it.

    That is the line of an inline table, else the header of its section.
    """
    section, best, depth = "", None, 0
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if header := _HEADER.match(stripped):
            section = found = _plain(header[1])
        elif key := _KEY.match(stripped):
            found = f"{section}.{_plain(key[1])}" if section else _plain(key[1])
        else:
            continue
        if found == name:
            return number
        if name.startswith(f"{found}.") and found.count(".") + 1 > depth:
            best, depth = number, found.count(".") + 1
    return best


def _plain(name: str) -> str:
    return re.sub(r"""["'\s]""", "", name)
