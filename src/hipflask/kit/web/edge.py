"""The networks from which an edge in front of the proxies calls them.

Through a rewrite of Firebase Hosting, X-Forwarded-For reaches Cloud Run as ``visitor, address of
Google's``: Cloud Run appends who called it (measured by others on a live site in September 2026;
docs/how-to/limit-requests.md). Google lists all of its networks (gstatic.com/ipranges/goog.json)
and those among them from which customers' machines call (cloud.json). An edge of Google's calls
from the first list and never from the second, so nobody's own machine can pass for it.
"""

from __future__ import annotations

import functools
import ipaddress
from typing import Final

FIREBASE_HOSTING: Final = "firebase-hosting"

AS_OF: Final = "2026-09-04"
# Networks of goog.json that share no address with cloud.json, without those that connect homes. A
# network that is missing makes visitors share a limit; it lets nobody invent an address.
_GOOGLE: Final = """
    64.233.160.0/19 66.102.0.0/20 66.249.64.0/19 72.14.192.0/18 74.125.0.0/16 108.170.192.0/18
    108.177.0.0/17 142.250.0.0/15 172.217.0.0/16 172.253.0.0/16 173.194.0.0/16 192.178.0.0/15
    209.85.128.0/17 216.58.192.0/19 216.239.32.0/19
    2001:4860::/32 2404:6800::/32 2607:f8b0::/32 2800:3f0::/32 2a00:1450::/32 2c0f:fb50::/32
"""

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Edge:
    """A set of networks; ``address in edge`` asks for an address as text."""

    def __init__(self, networks: tuple[_Network, ...]) -> None:
        self._networks = networks
        self._holds = functools.lru_cache(maxsize=1024)(self._look)

    @classmethod
    def named(cls, text: str) -> Edge | None:
        """Return the edge of a setting; None for none. Raises ValueError for what is no network."""
        words = text.replace(",", " ").split()
        if not words:
            return None
        if words == [FIREBASE_HOSTING]:
            words = _GOOGLE.split()
        networks = tuple(ipaddress.ip_network(word) for word in words)
        for network in networks:
            if network.prefixlen < 8:
                raise ValueError(f"{network} is half of the internet")
        return cls(networks)

    def __contains__(self, address: str) -> bool:
        return self._holds(address)

    def _look(self, address: str) -> bool:
        parsed = ipaddress.ip_address(address)
        return any(parsed in network for network in self._networks)
