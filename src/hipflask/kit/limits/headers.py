"""``RateLimit`` and ``RateLimit-Policy``: draft-ietf-httpapi-ratelimit-headers-10 (September 2025).

Structured fields (RFC 9651): lists of strings with parameters. No partition key: it would say whom
the server counts together.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response

from .limit import Standing


def add_rate_limit_headers(response: Response, standings: Sequence[Standing]) -> None:
    """Tell the client where it stands, unless a shared cache would tell it others."""
    if not standings or response.cache_control.public or response.cache_control.s_maxage:
        return
    latest = {standing.name: standing for standing in standings}.values()
    response.headers["RateLimit-Policy"] = ", ".join(
        f'"{each.name}";q={each.limit.quota};w={each.limit.per}' for each in latest
    )
    response.headers["RateLimit"] = ", ".join(
        f'"{each.name}";r={each.remaining};t={each.reset}' for each in latest
    )
