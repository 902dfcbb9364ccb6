"""Where a visitor may be sent next: a path of this site, never another one.

Open redirects: CWE-601. Browsers read ``/\\evil`` and ``/<tab>/evil`` as ``//evil`` (WHATWG URL,
"special authority ignore slashes" and the removal of tab and newline), hence the strictness.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

from .visit import app_state

_MAX_LENGTH: Final = 2000


def is_safe_path(target: str) -> bool:
    """Whether the text is a path on this site, in every reading that a browser may give it."""
    if not target or len(target) > _MAX_LENGTH or " " in target:
        return False
    reading = target
    # An intermediate hop may decode once more than we do: what it would see must be safe too.
    for _ in range(4):
        if not _reads_as_own_path(reading):
            return False
        decoded = unquote(reading.partition("?")[0].partition("#")[0], errors="replace")
        if decoded == reading:
            return True
        reading = decoded
    return False  # encoded more often than any honest link


def _reads_as_own_path(text: str) -> bool:
    if not text.startswith("/") or text.startswith("//"):
        return False
    if "\\" in text or any(ord(char) < 0x20 or 0x7F <= ord(char) <= 0x9F for char in text):
        return False
    path = text.partition("?")[0].partition("#")[0]
    # "/.//evil.example" and "/x/..//evil.example" collapse to "//evil.example" in some readers.
    return "//" not in path and "�" not in path


def safe_next(target: str | None, default: str = "/") -> str:
    """Return ``target`` if it leads to a page of this site, else ``default``.

    An absolute URL of the site itself (SITE_URL) is accepted and shortened to its path.
    """
    if not target:
        return default
    site = app_state().settings.site_url.rstrip("/")
    if target.startswith(site + "/"):
        target = target[len(site) :]
    return target if is_safe_path(target) else default
