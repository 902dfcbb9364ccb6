"""Names of objects: which ones Storage takes, and how any person's file name becomes one.

Storage takes a part of ASCII only. What it does not take is written as the hexadecimal of its
UTF-8 between two equals signs: ``报告 v2.pdf`` is stored as ``=e68aa5e5918a= v2.pdf``. So the name
itself says what to show: a listing needs no second look-up, renaming is one move, names sort and
are found by their beginning, and two names never fall together, whatever the case.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from hipflask.errors import NameRefused

MOST: Final = 850
"""Characters in a name. S3 takes keys of 1024 bytes, and Storage puts the project, the bucket (up
to 100 characters) and a version in the same key."""

MOST_BYTES_SHOWN: Final = 255
"""Bytes in a file name that a person chose: what file systems take."""

# The sets are Storage's own (its limits.ts).
_NAME: Final = re.compile(r"[A-Za-z0-9_/!.*'() &$=@;:+,?-]+")
_BUCKET: Final = re.compile(r"[A-Za-z0-9_!.*'()&$=@;:+,?-][A-Za-z0-9_!.*'() &$=@;:+,?-]{0,99}")

_NOT_TAKEN: Final = re.compile(r"[^A-Za-z0-9_!.*'() &$@;:+,?-]+")
_WRITTEN: Final = re.compile(r"=((?:[0-9a-f]{2})+)=")
_RESERVED: Final = re.compile(
    r"(?i)(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?=\.|$)"
)
_PLACEHOLDER: Final = ".emptyFolderPlaceholder"
_JOINERS: Final = "\u200c\u200d"  # inside words of Persian and Indic scripts, and inside emoji


def check_name(name: str, *, new: bool = False) -> str:
    """Return an object's name if Storage can have one of that name; raise NameRefused.

    A ``new`` one must have no empty part either: Storage takes ``a//b``, but no folder leads there.
    """
    parts = name.split("/")
    if not name:
        raise _refused(name, "it is empty")
    if len(name) > MOST:
        raise _refused(name, f"it has {len(name)} characters, and {MOST} are possible")
    if "." in parts or ".." in parts:
        raise _refused(name, "a part of it is only dots")
    if not _NAME.fullmatch(name):
        wrong = next(character for character in name if not _NAME.fullmatch(character))
        raise _refused(name, f"it has {wrong!a}, and Storage takes a part of ASCII only")
    if new and "" in parts:
        raise _refused(name, "a part between two slashes is empty")
    return name


def check_bucket(name: str) -> str:
    """Return a bucket's name if there can be such a bucket; raise NameRefused."""
    if not _BUCKET.fullmatch(name):
        raise NameRefused(
            f"No bucket can be called {name[:120]!a}.",
            name=name,
            hint="Use up to 100 letters, digits, hyphens and underscores.",
        )
    return name


def object_name(file_name: str) -> str:
    """Return the name under which a person's file is stored; ``display_name`` turns it back.

    Takes what a browser sends or a person types. A path in front goes, so do control characters
    and text direction marks; the words that Windows reserves get an underscore in front; what is
    longer than 255 bytes is cut before its extension. The result has no slash: put a folder of
    your own before it.
    """
    return _NOT_TAKEN.sub(lambda found: f"={found[0].encode().hex()}=", _presentable(file_name))


def search_text(beginning: str) -> str:
    """Return how the names begin that are shown with this beginning."""
    composed = unicodedata.normalize("NFC", beginning)
    written = _NOT_TAKEN.sub(lambda found: f"={found[0].encode(errors='ignore').hex()}=", composed)
    ends_within = composed and _NOT_TAKEN.fullmatch(composed[-1])
    return written.removesuffix("=") if ends_within else written


def display_name(name: str) -> str:
    """Return what to show for an object's name or a folder's: its last part, as it was typed."""
    last = name.rstrip("/").rpartition("/")[2]
    return _WRITTEN.sub(_read, last)


def _read(found: re.Match[str]) -> str:
    try:
        text = bytes.fromhex(found[1]).decode()
    except ValueError:
        return found[0]  # somebody else's name that only looks like one of ours
    # Nor may somebody else's name turn into a path, a line break or reversed text.
    ours = all(_is_visible(each) and _NOT_TAKEN.match(each) and each not in "/\\" for each in text)
    return text if ours else found[0]


def _presentable(file_name: str) -> str:
    """Return a file name as every system can have it, in composed form (macOS decomposes)."""
    last = re.split(r"[/\\]", file_name)[-1]
    shown = "".join(character for character in last if _is_visible(character))
    # Windows drops dots and blanks at the end; a name of nothing else would be a folder.
    name = unicodedata.normalize("NFC", shown).strip().rstrip(". ")
    if not name.strip("."):
        name = "file"
    if name.endswith(_PLACEHOLDER):
        name = f"{name[: -len(_PLACEHOLDER)]}_{_PLACEHOLDER[1:]}"  # Storage keeps those empty
    if _RESERVED.match(name):
        name = f"_{name}"
    return _cut(name)


def _is_visible(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") or (
        character in _JOINERS
    )


def _cut(name: str) -> str:
    """Return the name within 255 bytes: the stem is cut at a whole character."""
    if len(name.encode()) <= MOST_BYTES_SHOWN:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > 32:
        stem, dot, extension = name, "", ""
    room = MOST_BYTES_SHOWN - len((dot + extension).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + dot + extension


def _refused(name: str, why: str) -> NameRefused:
    return NameRefused(
        f"No object can be called {name[:120]!a}: {why}.",
        name=name,
        hint="object_name() turns any file name into one that Storage takes.",
    )
