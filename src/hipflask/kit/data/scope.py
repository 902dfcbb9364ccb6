"""Whose eyes a transaction looks through: a role, and the claims that policies read.

PostgREST sets the same two settings (``role`` and ``request.jwt.claims``), so ``auth.uid()`` and
every policy written for Supabase's Data API mean the same here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Final, Protocol

from hipflask.errors import NotSignedIn, RowHidden
from hipflask.protocol import roles
from hipflask.protocol.claims import Claims

USER_ROLES: Final = frozenset({roles.AUTHENTICATED})
"""Roles that a user's token may bring. A token that says ``service_role`` is an API key, and
running its bearer's SQL would switch row-level security off."""


class HasClaims(Protocol):
    """Somebody who is signed in, such as ``current_user``."""

    @property
    def claims(self) -> Claims: ...


@dataclass(frozen=True, slots=True)
class Scope:
    """A role and its claims as JSON, ready to be set local to a transaction."""

    role: str
    claims: str = field(repr=False)


def _of_role(role: str) -> Scope:
    return Scope(role, json.dumps({"role": role}))


ANON: Final = _of_role(roles.ANON)
SERVICE: Final = _of_role(roles.SERVICE_ROLE)


def scope_of(who: Claims | HasClaims | Scope | None) -> Scope:
    """Return the scope of a user.

    Raises NotSignedIn when nobody is signed in, RowHidden when the role is not a user's.
    """
    if isinstance(who, Scope):
        return who
    claims = who if isinstance(who, Claims) else getattr(who, "claims", None)
    if not isinstance(claims, Claims):
        raise NotSignedIn("Nobody is signed in, so there is no user to run SQL as.")
    if claims.role not in USER_ROLES:
        raise RowHidden(f"A token with the role {claims.role!r} is not a user's.")
    return Scope(claims.role, json.dumps(dict(claims.raw)))
