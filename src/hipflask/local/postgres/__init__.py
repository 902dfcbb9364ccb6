"""The database of the embedded stack: a server, Supabase's roles and schemas in it, databases.

Knows nothing of the services above it. Other rooms get an address (``server.url``) and connect.
"""

from __future__ import annotations

from hipflask.local.postgres.bootstrap import bootstrap
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
