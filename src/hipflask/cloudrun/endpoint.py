"""What a DATABASE_URL says about where it leads. Pure; the password never leaves it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from hipflask.cloudrun.spec import ConnectionMode

TRANSACTION_PORT: Final = 6543
SESSION_PORT: Final = 5432
PLACEHOLDER: Final = "[YOUR-PASSWORD]"
"""What Supabase's Connect dialog shows in place of the password."""
_DIRECT = re.compile(r"db\.[a-z0-9]{1,40}\.supabase\.co")
_SHARED_POOLER = re.compile(r"[a-z0-9-]+\.pooler\.supabase\.com")
# libpq takes neither, and would read the end of a password with a raw @ as a host.
_RAW = re.compile(r"%(?![0-9A-Fa-f]{2})|\s|@.*@")
_SCHEMES = re.compile(r"postgres(?:ql)?(?:\+[a-z0-9_]+)?")


@dataclass(frozen=True, slots=True)
class DatabaseEndpoint:
    """A PostgreSQL address without its password.

    ``mode`` is ``None`` for a server that is not Supabase's: nothing is known of its limits.
    """

    host: str
    port: int
    user: str
    driver: str
    options: frozenset[str]
    mode: ConnectionMode | None

    @classmethod
    def parse(cls, url: str) -> DatabaseEndpoint | None:
        """Read an address; ``None`` when it is none."""
        try:
            parts = urlsplit(url.strip())
            host, port = (parts.hostname or "").lower(), parts.port or 5432
        except ValueError:
            return None
        is_unfinished = _RAW.search(url.strip()) or PLACEHOLDER in url
        if not _SCHEMES.fullmatch(parts.scheme) or not host or is_unfinished:
            return None
        return cls(
            host=host,
            port=port,
            user=unquote(parts.username or ""),
            driver=parts.scheme.partition("+")[2],
            options=frozenset(parse_qs(parts.query, keep_blank_values=True)),
            mode=_mode(host, port),
        )

    @property
    def is_shared_pooler(self) -> bool:
        """Whether it is Supabase's pooler that serves many projects."""
        return bool(_SHARED_POOLER.fullmatch(self.host))

    @property
    def is_loopback(self) -> bool:
        """Whether it leads to the machine it is used on."""
        return is_loopback(self.host)


def migration_url(url: str) -> str:
    """Return the address that migrations go to: the shared pooler's session mode, encrypted.

    A migration may set and lock what belongs to a session; the pooler's two modes have one host.
    libpq by itself would go on without encryption where a server between offers none.
    """
    endpoint = DatabaseEndpoint.parse(url)
    if endpoint is None:
        return url
    parts = urlsplit(url.strip())
    # libpq knows no driver: postgresql+psycopg is SQLAlchemy's way to write it.
    parts = parts._replace(scheme=parts.scheme.partition("+")[0])
    if endpoint.mode is ConnectionMode.TRANSACTION:
        netloc = f"{parts.netloc.removesuffix(f':{endpoint.port}')}:{SESSION_PORT}"
        parts = parts._replace(netloc=netloc)
    if endpoint.mode is not None and "sslmode" not in endpoint.options:
        parts = parts._replace(query="&".join(filter(None, (parts.query, "sslmode=require"))))
    return parts.geturl()


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine's own."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return host.lower().rstrip(".") == "localhost" or host.lower().endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def _mode(host: str, port: int) -> ConnectionMode | None:
    pooled = port == TRANSACTION_PORT
    if _SHARED_POOLER.fullmatch(host):
        return ConnectionMode.TRANSACTION if pooled else ConnectionMode.SESSION
    if _DIRECT.fullmatch(host):
        return ConnectionMode.DEDICATED if pooled else ConnectionMode.DIRECT
    return None
