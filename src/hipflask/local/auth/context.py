"""What every part of the Auth service is given: settings, keys, database, mail, clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg
from psycopg_pool import ConnectionPool

from hipflask.local.auth.hooks.limits import HookLimits
from hipflask.local.auth.rate_limits import RateLimits
from hipflask.local.key_ring import KeyRing

if TYPE_CHECKING:
    from hipflask.local.auth.external.endpoints import Directory, Endpoints
    from hipflask.local.auth.external.outbound import Outbound
    from hipflask.local.auth.hooks.webhooks import Webhooks
    from hipflask.local.auth.mail import Mailer
    from hipflask.local.config import AuthConfig
    from hipflask.local.keys import ProjectKeys
    from hipflask.protocol.clock import Clock

#: A connection inside a transaction (or, for reads, an autocommit one). Rows are tuples.
Tx: TypeAlias = psycopg.Connection[tuple[Any, ...]]
Pool: TypeAlias = ConnectionPool[Tx]

#: Seconds that a request waits for a connection; GoTrue gives a whole request ten.
_LONGEST_WAIT = 10.0

AUDIENCE = "authenticated"
DEFAULT_ROLE = "authenticated"
ADMIN_ROLES = frozenset({"service_role", "supabase_admin"})


@dataclass(frozen=True)
class AuthContext:
    """Everything an Auth app works with. One per app; nothing here is global."""

    config: AuthConfig
    keys: ProjectKeys
    pool: Pool
    mailer: Mailer
    clock: Clock
    external_url: str
    templates_root: Path
    bcrypt_cost: int = 10
    #: Requests are counted per client address only when this names the header that carries the
    #: address, as with GoTrue's GOTRUE_RATE_LIMIT_HEADER; the Supabase CLI's stack sets none.
    rate_limit_header: str = ""
    #: Base address of the provider that stands in for those without a client id; "" for none.
    stand_in_issuer: str = ""
    #: Name of a provider -> its addresses, instead of those that the name usually means.
    provider_endpoints: Mapping[str, Endpoints] = field(default_factory=dict)
    hook_limits: HookLimits = field(default_factory=HookLimits)
    limits: RateLimits = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "limits", RateLimits.from_config(self.config))

    @cached_property
    def key_ring(self) -> KeyRing:
        """The keys that sign and verify tokens, parsed once."""
        return KeyRing.from_keys(self.keys)

    @cached_property
    def outbound(self) -> Outbound:
        """The connections to providers; made when the first one is asked."""
        from hipflask.local.auth.external.outbound import Outbound  # deferred: a start needs none

        return Outbound()

    @cached_property
    def directory(self) -> Directory:
        """What providers published about themselves, remembered."""
        from hipflask.local.auth.external.endpoints import Directory

        return Directory(self.outbound, self.clock)

    @cached_property
    def webhooks(self) -> Webhooks:
        """The connections to hooks over HTTP; made when the first one is asked."""
        from hipflask.local.auth.hooks.webhooks import Webhooks  # deferred: as for providers

        return Webhooks(self.hook_limits, self.clock)

    @cached_property
    def issuer(self) -> str:
        """The ``iss`` claim of every token."""
        return self.config.jwt_issuer or self.external_url


def open_pool(url: str, *, min_size: int = 1, max_size: int = 10) -> Pool:
    """Open the pool that an ``AuthContext`` expects: autocommit, so that one read is one trip."""
    return ConnectionPool(
        url,
        min_size=min_size,
        max_size=max_size,
        open=True,
        name="auth",
        timeout=_LONGEST_WAIT,
        check=_require_open,
        kwargs={"autocommit": True, "application_name": "hipflask-auth"},
    )


def _require_open(connection: Tx) -> None:
    """Raise OperationalError if the server has closed the connection while it lay idle.

    Costs no trip: it only reads what has already arrived. Read twice, because the server says good
    bye before it hangs up (`hipflask db reset` and a restart of PostgreSQL end connections so).
    """
    connection.pgconn.consume_input()
    connection.pgconn.consume_input()
