"""Addresses of static files that change with their content, so that browsers may keep them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Flask, url_for


class Assets:
    """Adds ``?v=<start of the SHA-256>`` to the address of a static file."""

    def __init__(self, folder: Path, *, watch: bool = False) -> None:
        self._folder = folder
        self._watch = watch
        self._versions: dict[str, str] = {}

    def url(self, filename: str) -> str:
        """Return the address of a file below ``static/``."""
        return url_for("static", filename=filename, v=self._version(filename))

    def _version(self, filename: str) -> str:
        if self._watch or filename not in self._versions:
            content = (self._folder / filename).read_bytes()
            self._versions[filename] = hashlib.sha256(content).hexdigest()[:12]
        return self._versions[filename]


def add_assets(app: Flask) -> None:
    """Give templates ``asset('css/app.css')``."""
    assets = Assets(Path(app.static_folder or ""), watch=app.debug)
    app.add_template_global(assets.url, "asset")
