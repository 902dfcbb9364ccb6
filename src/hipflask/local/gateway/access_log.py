"""One line per request. Never a query string, a header or a body: they carry tokens and keys."""

from __future__ import annotations

import contextlib
import threading
from datetime import datetime
from pathlib import Path

LARGEST = 5 * 1024 * 1024


class AccessLog:
    """Appends to a file, which starts anew when it has grown large."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > LARGEST:
            path.replace(path.with_suffix(".old.log"))
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def write(self, moment: datetime, method: str, path: str, status: str, seconds: float) -> None:
        """Add a line: when, what, how it ended, how long it took.

        On a full disk the line is lost; who asked gets the answer all the same.
        """
        clean = path.encode("unicode_escape").decode()[:500]
        line = f"{moment.isoformat(timespec='milliseconds')} {method} {clean} {status[:3]}"
        with self._lock, contextlib.suppress(OSError):
            if not self._file.closed:
                self._file.write(f"{line} {seconds * 1000:.1f}ms\n")

    def close(self) -> None:
        """Close the file; later lines are dropped."""
        with self._lock, contextlib.suppress(OSError):
            self._file.close()
