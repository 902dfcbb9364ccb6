"""Starts a database over: empty, bootstrapped, every migration, the seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from hipflask.local.migrations.apply import Applied, apply
from hipflask.local.migrations.files import MigrationFile, list_files
from hipflask.local.migrations.seeds import SeedFile
from hipflask.local.migrations.statements import split
from hipflask.local.postgres import Server, bootstrap, create_database, drop_database
from hipflask.local.postgres.databases import drop_free_roles


def reset(
    server: Server,
    folder: Path,
    *,
    database: str = "postgres",
    own_server: bool = False,
    seeds: Sequence[SeedFile] = (),
    on_file: Callable[[MigrationFile], None] = lambda _: None,
) -> Applied:
    """Drop ``database`` with all that is in it and make it anew from ``folder``.

    Sessions on it are ended; clients with a pool connect again by themselves. Nothing is dropped
    before the folder could be read. On a server of our own, roles that migrations created go too:
    they belong to the server, and the migrations will create them again.
    """
    for file in list_files(folder):
        split(file.read())
    drop_database(server, database)
    if own_server:
        drop_free_roles(server)
    create_database(server, database)
    bootstrap(server, database)
    return apply(server.url(database=database), folder, seeds=seeds, on_file=on_file)
