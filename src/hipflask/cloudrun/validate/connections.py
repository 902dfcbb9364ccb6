"""Rules of connections: instances × workers × pool against what Supabase has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from hipflask.cloudrun.connections import Connections, connections_of
from hipflask.cloudrun.finding import Finding, Severity
from hipflask.cloudrun.spec import ConnectionMode, ServiceSpec
from hipflask.cloudrun.supabase_limits import COMPUTES
from hipflask.cloudrun.validate import sources
from hipflask.cloudrun.validate.context import Context
from hipflask.cloudrun.validate.database import mode_of

_LARGEST_POOL: Final = 100


@dataclass(frozen=True, slots=True)
class _Limit:
    """How one mode's limit is told."""

    code: str
    words: str
    symptom: str


_LIMITS: Final = {
    ConnectionMode.DIRECT: _Limit(
        "connections-direct",
        "connections that PostgreSQL can spare beside Supabase's own services",
        "“remaining connection slots are reserved” or “too many clients already”",
    ),
    ConnectionMode.SESSION: _Limit(
        "connections-session",
        "places of the session pooler, where each client keeps a connection to itself",
        "(EMAXCONNSESSION) max clients reached in session mode",
    ),
    ConnectionMode.TRANSACTION: _Limit(
        "connections-transaction",
        "clients that the transaction pooler takes",
        "“max client connections reached”",
    ),
    ConnectionMode.DEDICATED: _Limit(
        "connections-transaction",
        "clients that the dedicated pooler takes",
        "“no more connections allowed”",
    ),
}


def check_pool(spec: ServiceSpec) -> Iterator[Finding]:
    """A pool has at least one connection, and no more than threads could use."""
    size = spec.database.pool_size
    if not 1 <= size <= _LARGEST_POOL:
        yield Finding(
            "pool-size",
            Severity.ERROR,
            "database.pool_size",
            f"A pool of {size} connections cannot be.",
            f"The application takes 1 to {_LARGEST_POOL} for each process (DATABASE_POOL_SIZE).",
            "Set database.pool_size = 4.",
            source=sources.SETTINGS,
        )
    elif size > spec.threads >= 1:
        yield Finding(
            "pool-above-threads",
            Severity.WARNING,
            "database.pool_size",
            f"A process with {spec.threads} threads cannot use {size} connections at once.",
            "A thread uses one at a time; the others only count against the database's limit.",
            f"Set database.pool_size = {spec.threads} or less.",
            source=sources.SETTINGS,
        )


def check_pooler(spec: ServiceSpec) -> Iterator[Finding]:
    """A pooler has at least one connection to give away."""
    size = spec.database.pooler_size
    if size >= 1:
        return
    yield Finding(
        "pool-size",
        Severity.ERROR,
        "database.pooler_size",
        f"A pooler with {size} connections to PostgreSQL lets nobody in.",
        "It is the Pool Size in Supabase's database settings; new projects have 15.",
        "Set database.pooler_size = 15.",
        source=sources.POOLING,
    )


def check_limit(spec: ServiceSpec, context: Context) -> Iterator[Finding]:
    """All instances at once must fit, and better twice of them."""
    count = _count(spec, context)
    if count is None:
        return
    told = _LIMITS[count.mode]
    # In session mode the pooler's own setting is the limit, not the server's size.
    size = "" if count.mode is ConnectionMode.SESSION else f" (compute {spec.database.compute})"
    source = sources.COMPUTE if count.backends else sources.POOLING
    if not count.fits:
        yield Finding(
            told.code,
            Severity.ERROR,
            "database.pool_size",
            f"{count.sum}, but there are {count.limit} {told.words}{size}.",
            f"Under load further requests fail with {told.symptom}.",
            _remedy(count, count.limit),
            source=source,
        )
    elif not count.fits_during_deploy:
        yield Finding(
            "connections-deploy",
            Severity.WARNING,
            "database.pool_size",
            f"While a deploy runs, old and new instances together may open {count.during_deploy}"
            f" connections; there are {count.limit} {told.words}{size}.",
            f"{count.sum} in ordinary times fits. During a deploy under load requests may fail"
            f" with {told.symptom}.",
            _remedy(count, count.limit // 2),
            source=source,
        )


def check_waiting(spec: ServiceSpec, context: Context) -> Iterator[Finding]:
    """Behind a transaction pooler clients are many, but transactions at once are few."""
    count = _count(spec, context)
    if count is None or not count.backends or not count.fits or count.at_once <= count.backends:
        return
    yield Finding(
        "connections-waiting",
        Severity.NOTE,
        "database.pool_size",
        f"{count.sum} transactions may run at once; the pooler has {count.backends} connections"
        " to PostgreSQL.",
        "The others wait for one to end. With short transactions nobody notices.",
        f"{_remedy(count, count.backends)} Or raise the pool size in Supabase's settings and"
        " database.pooler_size with it.",
        source=sources.POOLING,
    )


def _count(spec: ServiceSpec, context: Context) -> Connections | None:
    """Return the count, or ``None`` where another rule already objects to what goes into it."""
    mode = mode_of(spec, context)
    compute = COMPUTES.get(spec.database.compute)
    database = spec.database
    factors = (spec.effective_max_instances, spec.workers, database.pool_size, database.pooler_size)
    if mode is None or compute is None or min(factors) < 1:
        return None
    return connections_of(spec, mode, compute)


def _remedy(count: Connections, limit: int) -> str:
    """Return settings that stay within the limit."""
    wishes = []
    instances, pool = count.instances_within(limit), count.pool_size_within(limit)
    if instances >= 1:
        wishes.append(f"service.max_instances = {instances}")
    if pool >= 1:
        wishes.append(f"database.pool_size = {pool}")
    if not wishes:
        factors = ["service.max_instances", "database.pool_size"]
        if count.workers > 1:
            factors.insert(1, "service.workers")
        wishes.append(f"{' × '.join(factors)} to {limit} or less")
    other = (
        " Better: the transaction pooler, port 6543, which takes many more."
        if count.mode in (ConnectionMode.DIRECT, ConnectionMode.SESSION)
        else ""
    )
    return f"Set {' or '.join(wishes)}.{other}"


RULES: Final = (check_pool, check_pooler)
CONTEXT_RULES: Final = (check_limit, check_waiting)
