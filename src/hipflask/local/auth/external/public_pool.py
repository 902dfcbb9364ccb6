"""Connections that end at public addresses only, whatever a name resolved to a moment ago."""

from __future__ import annotations

import ipaddress

import urllib3
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError


class _PublicConnection(HTTPSConnection):
    """Looks at the address it is connected to before a request goes out (DNS rebinding)."""

    def connect(self) -> None:
        """Connect, and hang up on an address of this machine or its network."""
        super().connect()
        peer = str(self.sock.getpeername()[0]) if self.sock is not None else ""
        if not is_public(peer):
            self.close()
            raise NewConnectionError(self, "not a public address")


class _PublicPool(HTTPSConnectionPool):
    ConnectionCls = _PublicConnection


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet's, and none of a private network or machine."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return parsed.is_global and not parsed.is_multicast


def public_pool() -> urllib3.PoolManager:
    """Return a pool for HTTPS to public addresses."""
    pool = urllib3.PoolManager(num_pools=8, maxsize=4)
    pool.pool_classes_by_scheme = {"https": _PublicPool}
    return pool
