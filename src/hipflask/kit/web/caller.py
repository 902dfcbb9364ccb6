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
    accept = request.accept_mimetypes
    quality = max(accept["application/json"], accept["application/problem+json"])
    # A bare "*/*" is what curl sends: it gets the page.
    return not accept.accept_html and quality > 0
