"""Who is counted: an address, a user, everyone, or what the app says."""

from __future__ import annotations

import functools
import ipaddress
import uuid
from hashlib import blake2b
from typing import Final

from flask import request

from hipflask.kit.web.signed_in import load_user
from hipflask.kit.web.visit import visit

from .limit import Limit

_LONGEST: Final = 200
_PREFIX: Final = 64


def subject_of(limit: Limit) -> str:
    """Return who makes the current request, for this limit; empty when nobody is counted."""
    if callable(limit.by):
        text = limit.by()
        return subject_of_key(text) if text else ""
    if limit.by == "everyone":
        return "everyone"
    if limit.by == "user":
        user = visit().api_user or load_user()
        if user is not None:
            return f"user {user.id}"
    return f"address {network_of(request.remote_addr or '')}"


def subject_of_key(key: str) -> str:
    """Return a text of the app's as the table holds it; two long ones stay two."""
    plain = f"key {key}".replace("\0", "\ufffd").encode(errors="replace").decode()
    if len(plain) <= _LONGEST:
        return plain
    return f"{plain[:150]} {key_of(plain)}"


@functools.lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Return the address, or the /64 of an IPv6 one: that is what one customer gets (RFC 6177).

    Whoever has a /64 has 2^64 addresses to ask from. An IPv4 address in IPv6's clothes is the IPv4
    one, so that nobody is counted twice.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"  # all of them together: a limit must not be got around by having none
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), _PREFIX), strict=False))


def key_of(*parts: object) -> uuid.UUID:
    """Return a hash of who is counted by what, as the database's key."""
    text = "\0".join(str(part) for part in parts)
    return uuid.UUID(bytes=blake2b(text.encode(errors="replace"), digest_size=16).digest())
