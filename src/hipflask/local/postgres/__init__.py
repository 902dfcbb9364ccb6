"""The database of the embedded stack: a server, Supabase's roles and schemas in it, databases.

Knows nothing of the services above it. Other rooms get an address (``server.url``) and connect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hipflask.local.postgres.bootstrapping import bootstrap
    from hipflask.local.postgres.cluster import Cluster, Server
    from hipflask.local.postgres.databases import create_database, drop_database
    from hipflask.local.postgres.external import ExternalServer
    from hipflask.local.postgres.opening import open_server

__all__ = [
    "Cluster",
    "ExternalServer",
    "Server",
    "bootstrap",
    "create_database",
    "drop_database",
    "open_server",
]

_HOMES = {
    "Cluster": "cluster",
    "ExternalServer": "external",
    "Server": "cluster",
    "bootstrap": "bootstrapping",
    "create_database": "databases",
    "drop_database": "databases",
    "open_server": "opening",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for: the server starts before psycopg is imported."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
