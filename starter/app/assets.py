"""Addresses of static files that change with their content, so that browsers may keep them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Flask, Response, request, url_for

YEAR = 365 * 24 * 3600
DAY = 24 * 3600


class Assets:
    """Adds ``?v=<start of the SHA-256>`` to the address of a static file."""

    def __init__(self, folder: Path, *, watch: bool = False) -> None:
        self._folder = folder
        self._watch = watch
        self._versions: dict[str, str] = {}

    def url(self, filename: str) -> str:
        """Return the address of a file below ``static/``."""
        return url_for("static", filename=filename, v=self.version(filename))

    def version(self, filename: str) -> str:
        """Return what stands for the file's content."""
        if self._watch or filename not in self._versions:
            content = (self._folder / filename).read_bytes()
            self._versions[filename] = hashlib.sha256(content).hexdigest()[:12]
        return self._versions[filename]

    def let_browsers_keep(self, response: Response) -> Response:
        """Let a file that was asked for by its content be kept for good, others for a day."""
        if request.endpoint == "static" and response.status_code < 400 and not self._watch:
            filename = (request.view_args or {}).get("filename", "")
            named = request.args.get("v") == self.version(filename)
            response.cache_control.no_cache = None
            response.cache_control.public = True
            response.cache_control.max_age = YEAR if named else DAY
            if named:
                response.cache_control.immutable = True
        return response


def add_assets(app: Flask) -> None:
    """Give templates ``asset('css/app.css')``."""
    assets = Assets(Path(app.static_folder or ""), watch=app.debug)
    app.add_template_global(assets.url, "asset")
    app.after_request(assets.let_browsers_keep)
