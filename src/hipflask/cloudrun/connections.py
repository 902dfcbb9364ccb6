"""Counts the database connections of all instances against what Supabase has. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from hipflask.cloudrun.spec import ConnectionMode, ServiceSpec
from hipflask.cloudrun.supabase_limits import Compute


@dataclass(frozen=True, slots=True)
class Connections:
    """What the service may open and what it may have.

    ``at_once`` is instances × workers × pool. While a deploy runs the old revision's instances
    live beside the new one's, and Cloud Run may pass the maximum for a moment: hence
    ``during_deploy``, twice of it. ``backends`` are the pooler's own connections to PostgreSQL,
    of which each running transaction needs one; 0 without a pooler.
    """

    mode: ConnectionMode
    instances: int
    workers: int
    pool_size: int
    limit: int
    backends: int = 0

    @property
    def at_once(self) -> int:
        """Connections when every instance has filled its pools."""
        return self.instances * self.workers * self.pool_size

    @property
    def during_deploy(self) -> int:
        """The same with the instances of two revisions."""
        return 2 * self.at_once

    @property
    def fits(self) -> bool:
        """Whether they fit in ordinary times."""
        return self.at_once <= self.limit

    @property
    def fits_during_deploy(self) -> bool:
        """Whether they fit while old and new instances live side by side."""
        return self.during_deploy <= self.limit

    @property
    def sum(self) -> str:
        """The multiplication in words, for messages."""
        workers = f" × {_count(self.workers, 'worker')}" if self.workers != 1 else ""
        each = _count(self.pool_size, "connection")
        return f"{_count(self.instances, 'instance')}{workers} × {each} = {self.at_once}"

    def instances_within(self, limit: int) -> int:
        """Return the most instances whose connections stay within a limit; 0 for none."""
        return limit // (self.workers * self.pool_size)

    def pool_size_within(self, limit: int) -> int:
        """Return the largest pool that stays within a limit; 0 when even one is too many."""
        return limit // (self.instances * self.workers)


def connections_of(spec: ServiceSpec, mode: ConnectionMode, compute: Compute) -> Connections:
    """Return the count for a spec whose database is reached in that mode."""
    database = spec.database
    if mode is ConnectionMode.DIRECT:
        limit, backends = compute.direct_share(data_api=database.data_api), 0
    elif mode is ConnectionMode.SESSION:
        # In session mode each client holds one of the pooler's own connections.
        limit, backends = database.pooler_size, 0
    else:
        limit, backends = compute.pooler_clients, database.pooler_size
    return Connections(
        mode=mode,
        instances=spec.effective_max_instances,
        workers=spec.workers,
        pool_size=database.pool_size,
        limit=limit,
        backends=backends,
    )


def _count(amount: int, noun: str) -> str:
    return f"{amount} {noun}" if amount == 1 else f"{amount} {noun}s"
