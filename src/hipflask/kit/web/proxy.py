"""The scheme and the client's address behind a proxy that appends, such as Cloud Run's.

Google's front end keeps what a client wrote into X-Forwarded-For and appends the address that it
saw, so only entries counted from the right can be believed; the left-most one is the visitor's own
claim. X-Forwarded-Host and its kin are never read: SITE_URL says what the site is called.

An edge such as Firebase Hosting's stands in front of some requests and not of others: the service's
own run.app address stays open. Counting one more hop would believe whoever comes in there. So the
entry left of the last proxy's counts only where that proxy was called by the edge itself.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from .edge import Edge

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

# Removed, so that no library below us can be talked into believing them.
_NEVER_READ: Final = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PREFIX",
    "HTTP_X_FORWARDED_SERVER",
    "HTTP_X_REAL_IP",
    "HTTP_X_SCRIPT_NAME",
    "HTTP_X_ORIGINAL_URL",
    "HTTP_X_REWRITE_URL",
    "HTTP_X_HTTP_METHOD_OVERRIDE",
)


class TrustedProxy:
    """WSGI middleware that believes the last ``hops`` proxies and nobody else.

    With ``hops=0`` nothing is believed. ``edge`` is believed where the last of them names it.
    """

    def __init__(self, app: WSGIApplication, *, hops: int, edge: Edge | None = None) -> None:
        self._app = app
        self._hops = hops
        self._edge = edge

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer the request with a believable scheme and address."""
        forwarded_for = environ.pop("HTTP_X_FORWARDED_FOR", "")
        forwarded_proto = environ.pop("HTTP_X_FORWARDED_PROTO", "")
        for name in _NEVER_READ:
            environ.pop(name, None)
        if self._hops:
            address = client_address(forwarded_for, self._hops)
            if address and self._edge is not None and address in self._edge:
                # Written by the edge, if it wrote anything. What is no address stays the edge's.
                address = client_address(forwarded_for, self._hops + 1) or address
            if address:
                environ["REMOTE_ADDR"] = address
            scheme = forwarded_proto.rpartition(",")[2].strip().lower()
            if scheme in ("http", "https"):
                environ["wsgi.url_scheme"] = scheme
        return self._app(environ, start_response)


def client_address(forwarded_for: str, hops: int) -> str:
    """Return the entry that the outermost trusted proxy appended; empty if it is no address.

    When there are fewer entries than hops, the left-most is the one: a trusted proxy wrote it,
    because each of them appends.
    """
    entries = [entry.strip() for entry in forwarded_for.split(",")]
    entry = entries[max(0, len(entries) - hops)]
    if entry.startswith("["):  # "[2001:db8::1]:4711"
        entry = entry[1:].partition("]")[0]
    elif entry.count(":") == 1:  # "203.0.113.7:4711"
        entry = entry.partition(":")[0]
    if "%" in entry:  # a zone id may hold anything, and means nothing here
        return ""
    try:
        return str(ipaddress.ip_address(entry))
    except ValueError:
        return ""
