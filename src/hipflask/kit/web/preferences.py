"""Theme, language and time zone: chosen by a form, kept in the cookie, read on the server.

Read on the server, so that the first byte of a page already has the right theme (no flash) and the
choice works without JavaScript.
"""

from __future__ import annotations

import re
from typing import Final

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from hipflask.errors import InputRefused

from .cookie import THEMES
from .redirects import safe_next
from .visit import app_state, visit

PATH: Final = "/preferences"

# Only the form of an IANA name is checked: Windows has no zone data, and a name that is unknown
# here counts as UTC (formats.py).
_TIME_ZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,20}(?:/[A-Za-z0-9_+-]{1,20}){0,2}")


def current_theme() -> str:
    """Return the theme that the visitor chose: system, light or dark."""
    current = visit()
    current.depends_on_visitor = True
    return current.cookie.theme or "system"


def current_timezone() -> str:
    """Return the time zone that the visitor chose by name; empty for none."""
    current = visit()
    current.depends_on_visitor = True
    return current.cookie.timezone


def add_preferences_route(blueprint: Blueprint) -> None:
    """Add the form's target to the kit's blueprint."""
    blueprint.add_url_rule(PATH, "preferences", _change, methods=["POST"])


def _change() -> Response:
    form = request.form
    theme, language, timezone = form.get("theme"), form.get("language"), form.get("timezone")
    if theme is not None and theme not in THEMES:
        raise InputRefused("The theme is not known.", fields={"theme": ", ".join(THEMES)})
    languages = app_state().catalogs.languages
    if language is not None and language not in languages:
        raise InputRefused("The language is not known.", fields={"language": ", ".join(languages)})
    if timezone and not _TIME_ZONE.fullmatch(timezone):
        raise InputRefused("The time zone is not known.", fields={"timezone": timezone[:48]})
    visit().prefer(theme=theme, language=language, timezone=timezone)
    # 303: whatever follows is a GET, also after a reload.
    return redirect(safe_next(form.get("next")), 303)
