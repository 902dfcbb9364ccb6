"""Notices changed files by their times. No dependency, and the same on every system."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

# Folders in which nothing of the application's own is found.
PASSED_OVER = {
    ".git",
    ".hipflask",
    ".venv",
    "venv",
    "node_modules",
    "__pycache__",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    "tests",
}
CODE = (".py", ".po", ".mo")
SETTINGS = (".env", ".env.local", ".env.development", ".env.development.local")


class Watcher:
    """Remembers the files of a folder and says which have changed since it last looked."""

    def __init__(self, root: Path, suffixes: Iterable[str] = CODE) -> None:
        self._root = root
        self._suffixes = tuple(suffixes)
        self._seen = self._look()

    def changes(self) -> list[Path]:
        """Return the files that are new, changed or gone."""
        now = self._look()
        before, self._seen = self._seen, now
        return sorted(
            Path(path) for path in now.keys() | before.keys() if now.get(path) != before.get(path)
        )

    def _look(self) -> dict[str, tuple[int, int]]:
        found = {}
        for entry in _files(str(self._root)):
            if not entry.name.endswith(self._suffixes) and entry.name not in SETTINGS:
                continue
            try:
                stat = entry.stat()
            except OSError:
                continue  # it went between the listing and the question
            found[entry.path] = (stat.st_mtime_ns, stat.st_size)
        return found


def _files(folder: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            listed = list(entries)
    except OSError:
        return
    for entry in listed:
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in PASSED_OVER:
                yield from _files(entry.path)
        else:
            yield entry
