"""The public keys of a project (RFC 7517), fetched when needed and kept while Auth is away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import jwt

from hipflask.errors import AuthError, AuthUnavailable
from hipflask.protocol.clock import Clock

FRESH: Final = timedelta(minutes=10)
"""Supabase's edge and clients cache for ten minutes too, and rotate with that in mind."""

PATIENCE: Final = timedelta(seconds=30)
"""The least time between two fetches: a token with an invented ``kid`` must not become a lever."""


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key and the one algorithm that it may be used with."""

    kid: str
    algorithm: str
    key: Any


class KeyCache:
    """Holds the keys by their id; refreshes them when they are old or an id is unknown."""

    def __init__(self, fetch: Callable[[], Mapping[str, Any]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, VerificationKey] = {}
        self._fetched_at: datetime | None = None
        self._tried_at: datetime | None = None
        self.generation = 0
        """Grows when the set of keys has changed; what was verified before is then forgotten."""

    def find(self, kid: str) -> VerificationKey | None:
        """Return the key, or None when the project does not have it.

        Raises AuthUnavailable when no key has ever been fetched and none can be now. Once there
        are keys they stay usable, however long Auth is away.
        """
        known = kid in self._keys
        wanted = not known or self._is_old()
        # Who has a key that is merely old does not wait for somebody else's fetch.
        if wanted and self._lock.acquire(blocking=not known):
            try:
                self._refresh(kid)
            finally:
                self._lock.release()
        return self._keys.get(kid)

    def _is_old(self) -> bool:
        return self._fetched_at is None or self._clock.now() - self._fetched_at >= FRESH

    def _refresh(self, kid: str) -> None:
        """Fetch the keys, unless another thread just has; the lock is held."""
        if not self._is_old() and kid in self._keys:
            return
        now = self._clock.now()
        if self._fetched_at is not None and self._tried_at and now - self._tried_at < PATIENCE:
            return
        self._tried_at = now
        try:
            keys = read_keys(self._fetch())
        except AuthUnavailable:
            if self._fetched_at is None:
                raise
            return
        except AuthError:
            keys = {}  # an Auth that is too old to publish keys signs with HS256
        if set(keys) != set(self._keys):
            self.generation += 1
        self._keys, self._fetched_at = keys, now


def read_keys(document: Mapping[str, Any]) -> dict[str, VerificationKey]:
    """Return the usable keys of a JWKS document; others are passed over.

    The algorithm comes from the key's type, never from a token (RFC 8725 section 3.1), and a
    symmetric key in a public document is no key at all.
    """
    keys: dict[str, VerificationKey] = {}
    entries = document.get("keys")
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, Mapping) or not isinstance(entry.get("kid"), str):
            continue
        algorithm = _algorithm(entry)
        if algorithm is None or entry.get("alg", algorithm) != algorithm:
            continue
        try:
            key = jwt.PyJWK(dict(entry), algorithm).key
        except (jwt.PyJWTError, ValueError, TypeError, KeyError):
            continue
        keys[entry["kid"]] = VerificationKey(entry["kid"], algorithm, key)
    return keys


def _algorithm(entry: Mapping[str, Any]) -> str | None:
    match entry.get("kty"), entry.get("crv"):
        case "EC", "P-256":
            return "ES256"
        case "RSA", _:
            return "RS256"
    return None
