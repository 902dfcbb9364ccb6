"""The REST API, one package a version."""

from __future__ import annotations

from flask import Flask

from .v1 import v1


def register(app: Flask) -> None:
    """Add every version to the application."""
    v1.init_app(app)
