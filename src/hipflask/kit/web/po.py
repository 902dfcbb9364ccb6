"""Reads a gettext ``.po`` file, so that no compiled file has to be kept beside it.

The format: GNU gettext manual, "The Format of PO Files" and "The Format of GNU MO Files". Babel
writes the files in development; at run time neither it nor a compile step is needed.
"""

from __future__ import annotations

import ast
import gettext
import io
import re
import struct
from pathlib import Path
from typing import Final

_MAGIC: Final = 0x950412DE
_CHARSET: Final = re.compile(r"charset=[\w-]+")
_KEYWORDS: Final = ("msgctxt", "msgid_plural", "msgid", "msgstr")


class MalformedCatalog(ValueError):
    """A line of a ``.po`` file cannot be read; the message names file and line."""


def read_catalog(path: Path) -> gettext.GNUTranslations:
    """Return the translations of a ``.po`` or ``.mo`` file."""
    if path.suffix == ".mo":
        with path.open("rb") as stream:
            return gettext.GNUTranslations(stream)
    return gettext.GNUTranslations(io.BytesIO(compile_po(path.read_text("utf-8"), str(path))))


def compile_po(text: str, name: str = "<po>") -> bytes:
    """Return the ``.mo`` form of a catalog; fuzzy and empty translations are left out."""
    messages: dict[str, str] = {}
    for entry in _entries(text, name):
        original = entry.get("msgid", "")
        context = entry.get("msgctxt")
        if "msgid_plural" in entry:
            forms = [entry[key] for key in sorted(entry) if key.startswith("msgstr[")]
            translated = "\0".join(forms) if all(forms) else ""
            original += "\0" + entry["msgid_plural"]
        else:
            translated = entry.get("msgstr", "")
        if translated and ("fuzzy" not in entry.get("flags", "") or not original):
            messages[original if context is None else f"{context}\4{original}"] = translated
    # What is packed is UTF-8, whatever an untouched template's header says.
    header = messages.get("", "Content-Type: text/plain; charset=UTF-8\n")
    messages[""] = _CHARSET.sub("charset=UTF-8", header)
    return _pack(messages)


def _entries(text: str, name: str) -> list[dict[str, str]]:
    """Split the text into entries: keyword → joined string, and the flags."""
    entries: list[dict[str, str]] = [{}]
    current = ""
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line.startswith("#~"):
            continue
        if not line or line.startswith("#"):
            # A blank line or a comment after a translation begins the next entry.
            if any(key.startswith("msgstr") for key in entries[-1]):
                entries.append({})
            if line.startswith("#,"):
                entries[-1]["flags"] = entries[-1].get("flags", "") + line[2:]
            continue
        keyword, quoted = _keyword(line)
        if keyword in ("msgctxt", "msgid") and any(k.startswith("msgstr") for k in entries[-1]):
            entries.append({})
        current = keyword or current
        try:
            value = ast.literal_eval(quoted)
        except (SyntaxError, ValueError):
            value = None
        if not isinstance(value, str) or not current:
            raise MalformedCatalog(f"{name}, line {number}: not a gettext entry: {line[:60]}")
        entries[-1][current] = entries[-1].get(current, "") + value
    return [entry for entry in entries if "msgid" in entry]


def _keyword(line: str) -> tuple[str, str]:
    """Split ``msgstr[1] "…"`` into its keyword and the quoted string; a continuation has none."""
    if line.startswith('"'):
        return "", line
    word, _, rest = line.partition(" ")
    known = word in _KEYWORDS or (word.startswith("msgstr[") and word.endswith("]"))
    return (word, rest.strip()) if known else ("", line)


def _pack(messages: dict[str, str]) -> bytes:
    """Lay the messages out as a little-endian MO file, revision 0, without a hash table."""
    pairs = sorted((key.encode(), value.encode()) for key, value in messages.items())
    header_size = 28
    offset = header_size + 16 * len(pairs)
    originals = translations = body = b""
    for index in (0, 1):
        table = b""
        for pair in pairs:
            table += struct.pack("<II", len(pair[index]), offset + len(body))
            body += pair[index] + b"\0"
        if index == 0:
            originals = table
        else:
            translations = table
    header = struct.pack(
        "<7I", _MAGIC, 0, len(pairs), header_size, header_size + 8 * len(pairs), 0, offset
    )
    return header + originals + translations + body
