"""The REST API, one package a version."""

from __future__ import annotations

from flask import Flask

from . import v1


def register(app: Flask) -> None:
    """Add every version to the application."""
    app.register_blueprint(v1.blueprint)
