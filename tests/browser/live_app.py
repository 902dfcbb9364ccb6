"""The starter, served on a port of its own in front of a backend of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from app import create_app
from flask import Flask

from hipflask import Settings
from hipflask.local.http_server import HttpServer
from hipflask.local.ports import listen
from hipflask.testing import SupabaseBackend
from hipflask.testing.factory import BackendFactory

SECRET_KEY = "a secret key that only these tests know, 0123456789abcdef"


@dataclass(frozen=True)
class LiveApp:
    """A running starter."""

    url: str
    backend: SupabaseBackend
    app: Flask


@contextmanager
def live_app(
    factory: BackendFactory,
    *,
    config: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Iterator[LiveApp]:
    """Serve the starter; ``config`` changes the backend's, ``environ`` the app's own settings."""
    listener = listen(0, "the starter under test")
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    changes = {**(config or {})}
    # A passkey belongs to a domain, and a number is none.
    passkeys = {"rp_display_name": "Hipflask", "rp_id": "localhost"}
    passkeys["rp_origins"] = [url.replace("127.0.0.1", "localhost")]  # type: ignore[assignment]
    changes["auth"] = {"site_url": url, "webauthn": passkeys, **changes.get("auth", {})}
    backend = factory.make(changes)
    settings = Settings.from_env(
        {**backend.environment, "SECRET_KEY": SECRET_KEY, "SITE_URL": url, **(environ or {})}
    )
    app = create_app(settings, clock=backend.clock)
    server = HttpServer(app, listener=listener, threads=8, name="starter")
    server.start()
    try:
        yield LiveApp(url, backend, app)
    finally:
        server.stop()
        app.extensions["hipflask"].close()
        factory.take_back(backend)
