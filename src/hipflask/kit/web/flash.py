"""One-time messages that survive a redirect without a second cookie and without a database row.

The message travels in the redirect's own query, sealed for this visitor and for two minutes: it
cannot be forged, shown to somebody else by a link, or kept. ``flask.flash`` would need Flask's
session cookie, which Firebase Hosting drops.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Response, request

from hipflask.errors import SealBroken

from .origins import origin_of
from .visit import app_state, visit

PARAMETER: Final = "flash"

_LIFETIME: Final = timedelta(minutes=2)
_MOST_BYTES: Final = 1500


def flash(message: object, category: str = "info") -> None:
    """Show a message on the page that this response is, or leads to."""
    visit().flashes.append((category, str(message)))


def get_flashed_messages(
    with_categories: bool = False, category_filter: Sequence[str] = ()
) -> list[tuple[str, str]] | list[str]:
    """Return the messages for this page, as Flask's function of this name does."""
    current = visit()
    if not current.flashes_read:
        current.flashes_read = True
        current.flashes[:0] = _arrived()
    shown = [item for item in current.flashes if not category_filter or item[0] in category_filter]
    return shown if with_categories else [text for _, text in shown]


def carry_flashes(response: Response) -> None:
    """Put messages that no page has shown yet into a redirect to our own site."""
    current = visit()
    location = response.headers.get("Location", "")
    if current.flashes_read or not current.flashes or not 300 <= response.status_code < 400:
        return
    parts = urlsplit(location)
    state = app_state()
    if parts.netloc and origin_of(location) != origin_of(state.settings.site_url):
        return
    expires_at = state.clock.now() + _LIFETIME
    value = json.dumps(current.flashes, ensure_ascii=False, separators=(",", ":")).encode()
    if len(value) > _MOST_BYTES:
        raise ValueError("flashed messages are too long to travel in an address")
    sealed = state.sealer.seal(_purpose(current.any_id()), value, expires_at)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _is_ours(pair)]
    query.append((PARAMETER, sealed))
    response.headers["Location"] = urlunsplit(parts._replace(query=urlencode(query)))


def _arrived() -> list[tuple[str, str]]:
    sealed = request.args.get(PARAMETER, "")
    current = visit()
    if not sealed or not current.received.id:
        return []
    try:
        value = app_state().sealer.open(_purpose(current.received.id), sealed)
    except SealBroken:
        return []  # old, or somebody else's: a message is not worth an error page
    current.depends_on_visitor = True
    return [(str(category), str(text)) for category, text in json.loads(value)]


def _purpose(visitor_id: str) -> str:
    return f"flash {visitor_id}"


def _is_ours(pair: tuple[str, str]) -> bool:
    return pair[0] == PARAMETER
