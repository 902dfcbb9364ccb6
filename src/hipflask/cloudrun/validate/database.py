"""Rules of the database's address: whether the service can reach it, and in which mode.

No message shows the address: it holds the password.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Final

from hipflask.cloudrun.endpoint import PLACEHOLDER, DatabaseEndpoint
from hipflask.cloudrun.finding import Finding, Severity
from hipflask.cloudrun.spec import ConnectionMode, ServiceSpec
from hipflask.cloudrun.supabase_limits import COMPUTES
from hipflask.cloudrun.validate import sources
from hipflask.cloudrun.validate.context import Context

FIELD: Final = "service.secrets.DATABASE_URL"
_ONE_BACKEND_PER_TRANSACTION: Final = (ConnectionMode.TRANSACTION, ConnectionMode.DEDICATED)
_POOLER_HINT: Final = (
    "In Supabase press Connect and take the transaction pooler's address, port 6543."
)


def endpoint_of(spec: ServiceSpec, context: Context) -> DatabaseEndpoint | None:
    """Return where DATABASE_URL leads, as far as it is known and readable."""
    url = context.database_url or spec.environment.get("DATABASE_URL", "")
    return DatabaseEndpoint.parse(url) if url else None


def mode_of(spec: ServiceSpec, context: Context) -> ConnectionMode | None:
    """Return the mode: the address decides, then the spec; ``None`` for foreign servers."""
    endpoint = endpoint_of(spec, context)
    return endpoint.mode if endpoint else spec.database.connection


def check_url(spec: ServiceSpec, context: Context) -> Iterator[Finding]:
    """The address must be one, and must lead out of the container."""
    endpoint = endpoint_of(spec, context)
    if endpoint is None and (context.database_url or "DATABASE_URL" in spec.environment):
        yield Finding(
            "database-url",
            Severity.ERROR,
            FIELD,
            "DATABASE_URL is no address of a PostgreSQL database.",
            "It looks like postgresql://user:password@host:6543/postgres. A password with / ? # @ %"
            " or a blank must be percent-encoded (%2F %3F %23 %40 %25 %20).",
            f"{_POOLER_HINT} Write the database's password in place of {PLACEHOLDER}.",
            source=sources.CONNECTING,
        )
    elif endpoint and endpoint.is_loopback:
        yield Finding(
            "database-local",
            Severity.ERROR,
            FIELD,
            f"DATABASE_URL leads to {endpoint.host}, which in the cloud is the container itself.",
            "No database runs there; the address is the laptop's.",
            _POOLER_HINT,
            source=sources.CONNECTING,
        )


def check_mode(spec: ServiceSpec, context: Context) -> Iterator[Finding]:
    """The file and the secret should tell the same."""
    endpoint = endpoint_of(spec, context)
    said = spec.database.connection
    if endpoint is None or endpoint.mode in (None, said):
        return
    assert endpoint.mode is not None
    yield Finding(
        "database-mode",
        Severity.WARNING,
        "database.connection",
        f'database.connection is "{said.value}", but DATABASE_URL ({endpoint.host}, port'
        f' {endpoint.port}) is "{endpoint.mode.value}".',
        "The address decides what happens; the checks here follow it.",
        f'Set database.connection = "{endpoint.mode.value}".'
        + ("" if endpoint.mode is ConnectionMode.TRANSACTION else f" Or better: {_POOLER_HINT}"),
        source=sources.CONNECTING,
    )


def check_ipv6(spec: ServiceSpec, context: Context) -> Iterator[Finding]:
    """Cloud Run sends IPv6 only into private subnets, and the direct host has nothing else."""
    mode = mode_of(spec, context)
    if mode not in (ConnectionMode.DIRECT, ConnectionMode.DEDICATED) or spec.database.ipv4_addon:
        return
    yield Finding(
        "database-ipv6",
        Severity.ERROR,
        "database.connection",
        "The direct host of a Supabase project (db.….supabase.co) has only an IPv6 address.",
        "Cloud Run reaches the Internet by IPv4, so every connection would fail with “Network is"
        " unreachable”. It works on a laptop whose network has IPv6.",
        f'{_POOLER_HINT} Then set database.connection = "transaction". If the project has'
        " Supabase's paid IPv4 add-on, set database.ipv4_addon = true.",
        source=f"{sources.IPV6}; {sources.CONNECTING}",
    )


def check_pooler_user(spec: ServiceSpec, context: Context) -> Iterator[Finding]:
    """The shared pooler learns from the user's name which project is meant."""
    endpoint = endpoint_of(spec, context)
    if endpoint is None or not endpoint.is_shared_pooler or "." in endpoint.user:
        return
    yield Finding(
        "database-pooler-user",
        Severity.ERROR,
        FIELD,
        f'The user of DATABASE_URL is "{endpoint.user}", without the project\'s reference.',
        "The shared pooler serves many projects and tells them apart by the user's name; without"
        " it the answer is “Tenant or user not found”.",
        f"Write the user as {endpoint.user or 'postgres'}.REF, where REF is the project's"
        " reference.",
        source=sources.CONNECTING,
    )


def check_prepared(spec: ServiceSpec, context: Context) -> Iterator[Finding]:
    """A prepared statement lives on one backend; the next transaction may get another."""
    if mode_of(spec, context) not in _ONE_BACKEND_PER_TRANSACTION:
        return
    endpoint = endpoint_of(spec, context)
    asyncpg = endpoint is not None and endpoint.driver == "asyncpg"
    caches = {"statement_cache_size", "prepared_statement_cache_size"}
    unsafe_driver = asyncpg and endpoint is not None and not endpoint.options & caches
    if not spec.database.prepared_statements and not unsafe_driver:
        return
    yield Finding(
        "database-prepared-statements",
        Severity.ERROR,
        "database.prepared_statements",
        "Prepared statements are in use behind a transaction pooler (port 6543).",
        "Each transaction may get another connection to PostgreSQL, where the statement does not"
        " exist, or another client's does: errors that come with traffic, not in tests.",
        "Switch them off (psycopg: prepare_threshold=None; asyncpg: statement_cache_size=0) and set"
        " database.prepared_statements = false. Hipflask's own pool does so by itself.",
        source=sources.CONNECTING,
    )


def check_options(spec: ServiceSpec, context: Context) -> Iterator[Finding]:
    """A transaction pooler refuses settings that would outlive the transaction."""
    endpoint = endpoint_of(spec, context)
    if endpoint is None or endpoint.mode not in _ONE_BACKEND_PER_TRANSACTION:
        return
    if "options" in endpoint.options:
        yield Finding(
            "database-startup-options",
            Severity.WARNING,
            FIELD,
            "DATABASE_URL carries options=… to a transaction pooler.",
            "Such settings belong to a session, which a transaction pooler does not have; PgBouncer"
            " refuses the connection (“unsupported startup parameter”).",
            "Take options out of the address and use SET LOCAL inside the transaction.",
            source=sources.CONNECTING,
        )


def check_compute(spec: ServiceSpec, context: Context) -> Iterator[Finding]:
    """The size decides the limits, so it must be one of Supabase's."""
    given = spec.database.compute
    if given in COMPUTES or mode_of(spec, context) is None:
        return
    close = difflib.get_close_matches(given.lower(), COMPUTES, n=1, cutoff=0.5)
    yield Finding(
        "database-compute",
        Severity.ERROR,
        "database.compute",
        f'Supabase has no compute size "{given}".',
        f"The sizes are {', '.join(COMPUTES)}; a free project has nano.",
        f'Set database.compute = "{close[0] if close else "nano"}".',
        source=sources.COMPUTE,
    )


CONTEXT_RULES: Final = (
    check_url,
    check_mode,
    check_ipv6,
    check_pooler_user,
    check_prepared,
    check_options,
    check_compute,
)
