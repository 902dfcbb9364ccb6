"""Which database `hipflask db` works on: the running stack's, the stopped one's, or a given one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from hipflask.errors import AlreadyRunning, ConfigError, StackError
from hipflask.local.config import ProjectConfig
from hipflask.local.config.dotenv import project_environ
from hipflask.local.migrations import SeedFile, find_seeds
from hipflask.local.postgres import Cluster, ExternalServer, Server, bootstrap, open_server
from hipflask.local.postgres.binaries import find_binaries
from hipflask.local.postgres.external import URL_SETTING
from hipflask.local.project import Project
from hipflask.local.stack_state import StackState

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Target:
    """A reachable database, and the project whose files belong to it."""

    project: Project
    url: str
    environ: dict[str, str]
    is_embedded: bool = False

    @property
    def database(self) -> str:
        return unquote(urlsplit(self.url).path.lstrip("/")) or "postgres"

    @property
    def name(self) -> str:
        """What people may read: no password."""
        parts = urlsplit(self.url)
        port = f":{parts.port}" if parts.port else ""
        return f"{self.database} on {parts.hostname}{port}"

    def seeds(self) -> list[SeedFile]:
        """The seed files that config.toml names."""
        seed = _config(self.project, self.environ).db.seed
        return find_seeds(self.project.supabase, seed.sql_paths) if seed.enabled else []

    def server_to_reset(self) -> Server:
        """Return the server for dropping and making the database. Never one on another machine."""
        if urlsplit(self.url).hostname not in _LOOPBACK:
            raise StackError(
                f"{self.name} is not on this machine; only databases here are reset.",
                hint="Bring new migrations there with `hipflask db up --db-url …`.",
            )
        server = ExternalServer(self.url)
        server.start()
        return server

    def start_storage_over(self) -> None:
        """Delete Storage's files, whose rows are gone, and make the buckets of config.toml."""
        from hipflask.local.backend import start_storage_over
        from hipflask.local.keys import ProjectKeys
        from hipflask.protocol.clock import SystemClock

        config, clock = _config(self.project, self.environ), SystemClock()
        keys = ProjectKeys.load_or_create(self.project, config, clock)
        start_storage_over(self.url, config, keys, self.project, clock)

    def psql_program(self) -> str:
        """Return the path of psql: the system's, else the one beside the embedded server."""
        found = shutil.which("psql")
        if found:
            return found
        binaries = find_binaries(self.environ)
        if binaries.has("psql"):
            return str(binaries.program("psql"))
        raise StackError(
            "There is no psql on this machine.",
            hint=f"Install PostgreSQL's client tools, or use any other client with\n{self.url}",
        )

    def psql_environment(self) -> dict[str, str]:
        """Return the environment that leads psql here; other users could read its arguments."""
        names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
        names |= {"dbname": "PGDATABASE", "sslmode": "PGSSLMODE"}
        parts = conninfo_to_dict(self.url)
        given = {names[key]: str(value) for key, value in parts.items() if key in names}
        return {**self.environ, **given}


def project_of_here() -> Project:
    """Return the project of the current folder."""
    return Project.find(Path.cwd())


@contextmanager
def open_target(db_url: str | None) -> Iterator[Target]:
    """Give the database to work on; one that was started for this is stopped again."""
    project = project_of_here()
    environ = project_environ(project.root, os.environ)
    if db_url:
        _require_answer(db_url)
        yield Target(project, db_url, environ)
        return
    running = StackState.running(project.stack_file)
    if running is not None:
        embedded = URL_SETTING not in environ
        yield Target(project, running.addresses.database, environ, is_embedded=embedded)
        return
    project.create_state()
    server = open_server(
        project.database,
        port=_config(project, environ).db.port,
        log=project.logs / "postgres.log",
        environ=environ,
    )
    try:
        server.start()
    except AlreadyRunning:
        # A stack that is just starting, or another `hipflask db`.
        yield Target(project, server.url(), environ, is_embedded=True)
        return
    try:
        bootstrap(server)
        embedded = isinstance(server, Cluster)
        yield Target(project, server.url(), environ, is_embedded=embedded)
    finally:
        server.stop()


def _config(project: Project, environ: dict[str, str]) -> ProjectConfig:
    return ProjectConfig.load(project.config_file, environ)


def _require_answer(url: str) -> None:
    if urlsplit(url).scheme not in ("postgresql", "postgres"):
        raise ConfigError(
            "--db-url is not the address of a PostgreSQL database.",
            hint="It looks like postgresql://postgres:password@127.0.0.1:5432/postgres",
        )
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError as error:
        where = urlsplit(url)
        raise StackError(
            f"The database at {where.hostname}:{where.port or 5432} cannot be used:"
            f" {str(error).strip().splitlines()[0]}",
            hint="Check address and password of --db-url.",
        ) from error
