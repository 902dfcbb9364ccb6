"""A database that an earlier Hipflask bootstrapped gets what it lacks, and keeps its rows.

``version_1/`` holds the files of sql/ that have changed since version 1, as they were.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hipflask.local.postgres import (
    Cluster,
    bootstrap,
    bootstrapping,
    create_database,
    drop_database,
)
from tests.local.postgres.catalog import functions_of, grants_of, tables_of, triggers_of

_OLD = Path(__file__).with_name("version_1")
_SQL = Path(bootstrapping.__file__).with_name("sql")


@pytest.fixture
def old(server: Cluster) -> Iterator[str]:
    """The name of a database as version 1 left it, with rows."""
    name = f"old_{secrets.token_hex(4)}"
    create_database(server, name)
    scripts = [
        (_OLD / file.name if (_OLD / file.name).exists() else file).read_text(encoding="utf-8")
        for file in sorted(_SQL.glob("*.sql"))
    ]
    with psycopg.connect(server.url(database=name)) as connection:
        connection.execute("select set_config('hipflask.bootstrap_password', 'postgres', true)")
        for script in scripts:
            connection.execute(script.encode())
        connection.execute("comment on schema auth is 'Hipflask bootstrap 1'")
        connection.execute("insert into auth.users (id, email) values (gen_random_uuid(), 'a@b.c')")
        connection.execute("insert into storage.buckets (id, name) values ('b', 'b')")
        connection.execute("insert into storage.objects (bucket_id, name) values ('b', 'F/x')")
        connection.execute(
            "create policy mine on storage.objects for select to authenticated"
            " using ((storage.foldername(name))[1] = 'F')"
        )
    yield name
    drop_database(server, name)


def shape(server: Cluster, database: str) -> list[Any]:
    with psycopg.connect(server.url(database=database)) as connection:
        return [
            aspect(connection, schema)
            for schema in ("auth", "storage")
            for aspect in (tables_of, functions_of, triggers_of, grants_of)
        ]


def test_upgraded_is_the_same_as_new(server: Cluster, old: str, bootstrapped: str) -> None:
    bootstrap(server, old)
    assert shape(server, old) == shape(server, bootstrapped)


def test_rows_and_policies_stay(server: Cluster, old: str) -> None:
    bootstrap(server, old)
    with psycopg.connect(
        server.url(user="supabase_storage_admin", database=old), autocommit=True
    ) as connection:
        connection.execute("set role authenticated")
        rows = connection.execute("select name from storage.search('f/', 'b')").fetchall()
        assert rows == [("x",)]
    with psycopg.connect(server.url(database=old)) as connection:
        assert connection.execute("select email from auth.users").fetchall() == [("a@b.c",)]


def test_an_upgrade_is_made_once(server: Cluster, old: str) -> None:
    bootstrap(server, old)
    bootstrap(server, old)
    with psycopg.connect(server.url(database=old)) as connection:
        assert bootstrapping.version_of(connection) == bootstrapping.VERSION


def test_two_upgrades_at_once_take_turns(server: Cluster, old: str) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            bootstrap(server, old)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_a_failed_upgrade_changes_nothing(server: Cluster, old: str) -> None:
    with psycopg.connect(server.url(database=old)) as connection:
        connection.execute("create table storage.s3_multipart_uploads_parts (mine int)")
    before = shape(server, old)
    with pytest.raises(psycopg.errors.DuplicateTable):
        bootstrap(server, old)
    assert shape(server, old) == before
