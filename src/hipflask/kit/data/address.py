"""What a DATABASE_URL implies: a transaction pooler, encryption, and how long to wait."""

from __future__ import annotations

import ipaddress
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

TRANSACTION_POOLER_PORT: Final = 6543
_POOLER_DOMAIN: Final = ".pooler.supabase.com"


def is_transaction_pooler(url: str) -> bool:
    """Whether the server behind the URL changes between transactions.

    Prepared statements and anything else that a session remembers break there. Supabase's shared
    pooler counts on either port, because only the port tells its modes apart.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    return parts.port == TRANSACTION_POOLER_PORT or host.endswith(_POOLER_DOMAIN)


def connect_options(url: str) -> dict[str, Any]:
    """Return what psycopg needs besides the URL; what the URL itself says wins."""
    said = parse_qs(urlsplit(url).query)
    options: dict[str, Any] = {
        "connect_timeout": 5,
        # A frozen instance or a dropped NAT entry leaves half-open connections behind.
        "keepalives_idle": 30,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 15_000,
        "application_name": "hipflask",
    }
    if _is_on_the_internet(urlsplit(url).hostname or ""):
        # libpq's default, "prefer", would quietly go on without encryption.
        options["sslmode"] = "require"
    return {name: value for name, value in options.items() if name not in said}


def _is_on_the_internet(host: str) -> bool:
    """Whether the host is a public name; ``db``, ``localhost`` and private addresses are not."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".localhost", ".local", ".internal"))
