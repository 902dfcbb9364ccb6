"""Who asks: the role and the claims that policies read."""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from hipflask.local.key_ring import Fault, KeyRing, fault_in_time
from hipflask.local.storage.errors import access_denied

_BEARER: Final = re.compile(r"bearer\s+", re.IGNORECASE)
_REMEMBERED: Final = 512
# Roles that would make a caller the owner of the tables, whom no policy holds: the one that the
# service signs in with, and the word for it. No token that Auth makes names them.
_OWNERS: Final = frozenset({"none", "supabase_storage_admin"})
#: What the reference server's library (jose) says about a token.
JOSE_WORDS: Final = {
    Fault.MALFORMED: "Invalid Compact JWS",
    Fault.UNKNOWN_KEY: "signature verification failed",
    Fault.WRONG_ALGORITHM: "signature verification failed",
    Fault.BAD_SIGNATURE: "signature verification failed",
    Fault.EXPIRED: '"exp" claim timestamp check failed',
    Fault.TOO_EARLY: '"nbf" claim timestamp check failed',
}


@dataclass(frozen=True)
class Caller:
    """A role with its claims. ``is_authenticated`` is false for somebody without a token."""

    role: str
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False)
    token: str = field(default="", repr=False)
    is_authenticated: bool = True

    @cached_property
    def claims_json(self) -> str:
        """The claims as policies read them."""
        return json.dumps(self.claims)

    @property
    def user_id(self) -> str | None:
        """Whose objects the caller's uploads become; any text, most often a UUID."""
        subject = self.claims.get("sub")
        return subject if isinstance(subject, str) else None


ANON: Final = Caller("anon", {"role": "anon"}, is_authenticated=False)
SERVICE: Final = Caller("service_role", {"role": "service_role"})


class Callers:
    """Turns tokens into callers. A token's signature is verified once; its times every time."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys
        self._known: OrderedDict[str, Caller] = OrderedDict()
        self._turn = threading.Lock()

    def of_header(self, authorization: str, now: datetime) -> Caller:
        """Return who sent this Authorization header, or raise AccessDenied."""
        return self.of_token(_BEARER.sub("", authorization, count=1), now)

    def of_token(self, token: str, now: datetime) -> Caller:
        """Return whose ``token`` this is, or raise AccessDenied."""
        with self._turn:
            caller = self._known.get(token)
            if caller is not None:
                self._known.move_to_end(token)
        if caller is None:
            caller = self._verified(token, now)
        elif (fault := fault_in_time(caller.claims, now)) is not None:
            raise access_denied(JOSE_WORDS[fault])
        return caller

    def _verified(self, token: str, now: datetime) -> Caller:
        checked = self._keys.check(token, now=now)
        fault = checked.fault or fault_in_time(checked.claims, now)
        if fault is not None:
            raise access_denied(JOSE_WORDS[fault])
        role = checked.claims.get("role")
        if isinstance(role, str) and role.lower() in _OWNERS:
            raise access_denied(f'permission denied to set role "{role}"')
        caller = Caller(role if isinstance(role, str) and role else "anon", checked.claims, token)
        with self._turn:
            self._known[token] = caller
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return caller
