"""Services of Supabase that this stack does not have: each says so in its own words' shape."""

from __future__ import annotations

from collections.abc import Mapping

_SENTENCE = "{name} is not part of the embedded stack yet. {instead}"

# prefix: (name, what to do instead)
LATER: Mapping[str, tuple[str, str]] = {
    "/rest/v1": ("The Data API", "Query PostgreSQL itself: DATABASE_URL has its address."),
    "/graphql/v1": ("GraphQL", "Query PostgreSQL itself: DATABASE_URL has its address."),
    "/functions/v1": ("Edge Functions", "Write the endpoint in Flask."),
    "/realtime/v1": ("Realtime", "Poll, or use PostgreSQL's LISTEN and NOTIFY."),
}


def later_body(prefix: str) -> Mapping[str, object]:
    """Return the answer for a service that comes later; clients look for ``message``."""
    name, instead = LATER[prefix]
    sentence = _SENTENCE.format(name=name, instead=instead)
    return {
        "code": "not_implemented",
        "statusCode": "501",
        "error": "not_implemented",
        "message": sentence,
        "details": None,
        "hint": None,
    }


def switched_off_body(name: str, key: str) -> Mapping[str, object]:
    """Return the answer for a service that ``config.toml`` switches off."""
    return {
        "code": "not_implemented",
        "error": "not_implemented",
        "message": f"{name} is switched off: {key} is false in supabase/config.toml.",
    }
