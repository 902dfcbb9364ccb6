"""``/.well-known/security.txt``: whom to tell of a weakness (RFC 9116)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from flask import Blueprint, Response, abort, current_app

from .visit import app_state

_VALID: Final = timedelta(days=180)
"""How long what it says may be relied on; RFC 9116 section 2.5.5 recommends less than a year."""


def add_security_txt(blueprint: Blueprint) -> None:
    """Add the page to the kit's blueprint."""
    blueprint.add_url_rule("/.well-known/security.txt", "security_txt", _show)


def _show() -> Response:
    state = app_state()
    if not state.web.security_contacts:
        abort(404)
    text = security_txt(
        state.web.security_contacts, state.settings.site_url, state.languages, state.clock.now()
    )
    response = current_app.response_class(text, mimetype="text/plain")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


def security_txt(
    contacts: Sequence[str], site_url: str, languages: Sequence[str], now: datetime
) -> str:
    """Return the file. ``Canonical`` says where it belongs, so that a copy elsewhere is one."""
    # At midnight, so that the file is the same all day.
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [f"Contact: {contact}" for contact in contacts]
    lines.append(f"Expires: {midnight + _VALID:%Y-%m-%dT%H:%M:%SZ}")
    if languages:
        lines.append(f"Preferred-Languages: {', '.join(languages)}")
    lines.append(f"Canonical: {site_url}/.well-known/security.txt")
    return "\n".join(lines) + "\n"
