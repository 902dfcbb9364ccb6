"""What kind of caller a request comes from: a person's browser, or a program."""

from __future__ import annotations

from flask import current_app, request


def is_api_request() -> bool:
    """Whether the caller is a program: by the path, or because it asks for JSON by name."""
    return is_api_path() or _asks_for_json()


def is_api_path() -> bool:
    """Whether the address belongs to the REST API (``HIPFLASK_API_PREFIX``)."""
    return request.path.startswith(current_app.config["HIPFLASK_API_PREFIX"])


def bearer_token() -> str:
    """Return the token of an ``Authorization: Bearer`` header; empty without one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _asks_for_json() -> bool:
    """Whether JSON is asked for by name, and a page less or only by ``*/*`` (curl, axios)."""
    asked = {mimetype.lower(): quality for mimetype, quality in request.accept_mimetypes}
    as_json = max(asked.get("application/json", 0), asked.get("application/problem+json", 0))
    return as_json > asked.get("text/html", 0)
