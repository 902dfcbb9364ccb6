"""The services once more, over the database and the files of a test's backend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hipflask.local.backend import Backend
from hipflask.local.http_server import HttpServer
from hipflask.local.mailbox import Mailbox
from hipflask.testing import SupabaseBackend


@contextmanager
def started_again(backend: SupabaseBackend) -> Iterator[str]:
    """Lend the address of services that know nothing but the database and the disk."""
    services = Backend(
        database_url=backend.database_url,
        config=backend.config,
        keys=backend.keys,
        mailbox=Mailbox(clock=backend.clock),
        clock=backend.clock,
        external_url=backend.url,
        supabase_folder=Path("supabase"),
        storage_folder=backend.storage_folder,
        durable=False,
    )
    server = HttpServer(services.wsgi)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()
        services.close()
