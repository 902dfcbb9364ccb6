"""One PostgreSQL for a whole test run, and a fresh backend on it for every test."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import psycopg

from hipflask.local import migrations
from hipflask.local.postgres import Cluster, ExternalServer, Server, bootstrap
from hipflask.testing.backend import SupabaseBackend
from hipflask.testing.config_changes import config_for_test
from hipflask.testing.databases import DatabasePool, FreshDatabase, drop_database
from hipflask.testing.leaks import OWN_THREADS
from hipflask.testing.project import ProjectUnderTest

_ROOM_IN_MEMORY = 4 * 1024**3
_FAREWELL_SECONDS = 1.0
_STILL_CONNECTED = """
    select pid, usename, application_name, state, left(query, 80) from pg_stat_activity
    where datname = %s and backend_type = 'client backend'
      and application_name not in ('hipflask-auth', 'hipflask-storage')
"""
DATABASE_SETTING = "HIPFLASK_TEST_DATABASE_URL"


@dataclass(frozen=True)
class _Lent:
    backend: SupabaseBackend
    database: FreshDatabase


class BackendFactory:
    """Starts PostgreSQL when made; every `make` is a clone of the migrated project."""

    def __init__(self, project: ProjectUnderTest, environ: Mapping[str, str]) -> None:
        self.project = project
        self._folder = _new_folder()
        self.server = _open_server(self._folder, environ)
        self._template = f"hipflask_test_{secrets.token_hex(4)}"
        self._lent: dict[int, _Lent] = {}
        self._returned: SimpleQueue[SupabaseBackend | None] = SimpleQueue()
        try:
            self.server.start()
            self._make_template()
        except BaseException:
            self.server.stop()
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        self._databases = DatabasePool(self._connect, self._template)
        self._maintenance = self._connect()
        self._closing = threading.Thread(
            target=self._close_returned, name=f"{OWN_THREADS}-closing", daemon=True
        )
        self._closing.start()

    def make(self, changes: Mapping[str, Any] | None = None) -> SupabaseBackend:
        """Return a running backend; ``changes`` are settings on top of config.toml."""
        config = config_for_test(self.project.config, changes or {})
        database = self._databases.take()
        backend = SupabaseBackend(
            database_url=self.server.url(database=database.name),
            project=self.project,
            config=config,
            storage_folder=self._folder / f"storage-{database.name}",
        )
        self._lent[id(backend)] = _Lent(backend, database)
        return backend

    def take_back(self, backend: SupabaseBackend) -> list[str]:
        """End a backend and drop its database soon; returns what was still connected to it."""
        lent = self._lent.pop(id(backend))
        backend.close_services()
        left = self._connections(lent.database.name)
        self._databases.discard(lent.database)
        self._returned.put(backend)
        return left

    def close(self) -> None:
        """Stop everything and leave nothing behind, on somebody else's server neither."""
        for lent in list(self._lent.values()):
            self.take_back(lent.backend)
        self._returned.put(None)
        self._closing.join()
        is_ours = isinstance(self.server, Cluster)
        self._databases.close(drop=not is_ours)
        if not is_ours:
            drop_database(self._maintenance, self._template)
        self._maintenance.close()
        self.server.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _make_template(self) -> None:
        with self._connect() as connection:
            connection.execute(f'create database "{self._template}"')  # the name is our own
        bootstrap(self.server, database=self._template)
        if self.project.migrations is not None and self.project.migrations.is_dir():
            migrations.apply(self.server.url(database=self._template), self.project.migrations)

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            self.server.url(), autocommit=True, application_name="hipflask-testing"
        )

    def _connections(self, database: str) -> list[str]:
        """Describe who is still connected; a server process takes a moment to end after a close."""
        deadline = time.monotonic() + _FAREWELL_SECONDS
        while True:
            rows = self._maintenance.execute(_STILL_CONNECTED, [database]).fetchall()
            if not rows or time.monotonic() > deadline:
                break
            time.sleep(0.005)
        return [
            f"connection {pid} of {user} to the test's database is still open"
            f" ({', '.join(filter(None, (name, state, query)))})"
            for pid, user, name, state, query in rows
        ]

    def _close_returned(self) -> None:
        """Stop HTTP servers in the background: a test need not wait for that."""
        while (backend := self._returned.get()) is not None:
            backend.close_port()
            shutil.rmtree(backend.storage_folder, ignore_errors=True)


def _new_folder() -> Path:
    """Make a temporary folder, in memory where Linux has room for it: other work on the disk
    makes a clone there take ten times as long.
    """
    memory = Path("/dev/shm")  # noqa: S108  the folder below is our own and has a new name
    has_room = (
        memory.is_dir()
        and os.access(memory, os.W_OK)
        and shutil.disk_usage(memory).free >= _ROOM_IN_MEMORY
    )
    folder = Path(tempfile.mkdtemp(prefix="hipflask-test-", dir=memory if has_room else None))
    folder.chmod(0o711)  # started by root, the server runs under an account that must pass
    return folder


def _open_server(folder: Path, environ: Mapping[str, str]) -> Server:
    if url := environ.get(DATABASE_SETTING):
        return ExternalServer(url)
    return Cluster(folder / "db", port=0, durable=False, log=folder / "postgres.log")
