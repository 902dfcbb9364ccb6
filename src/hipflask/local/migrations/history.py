"""What has been applied to a database: ``supabase_migrations.schema_migrations``.

Table, columns and content as in the Supabase CLI, pkg/migration/history.go.
"""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg import errors

Connection = psycopg.Connection[tuple[object, ...]]

_CREATE = """
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (
  version text not null primary key
);
alter table supabase_migrations.schema_migrations add column if not exists statements text[];
alter table supabase_migrations.schema_migrations add column if not exists name text;
create table if not exists supabase_migrations.seed_files (
  path text not null primary key, hash text not null
);
"""
_COMPLETE = """
select to_regclass('supabase_migrations.seed_files') is not null and exists (
  select from pg_attribute
  where attrelid = to_regclass('supabase_migrations.schema_migrations') and attname = 'name'
)
"""


def connect(url: str) -> Connection:
    """Connect for migrations, also behind a transaction pooler (Supabase's port 6543).

    There a statement that psycopg prepared after its fifth use would be looked for on another
    connection to PostgreSQL.
    """
    return psycopg.connect(url, autocommit=True, prepare_threshold=None, connect_timeout=15)


def create_tables(connection: Connection) -> None:
    """Create the history tables where they are missing."""
    if connection.execute(_COMPLETE).fetchone() != (True,):
        connection.execute(_CREATE.encode())


def applied_versions(connection: Connection) -> dict[str, str]:
    """Return version -> name, in the order of the versions as text."""
    try:
        rows = connection.execute(
            "select version, coalesce(name, '') from supabase_migrations.schema_migrations"
        ).fetchall()
    except (errors.UndefinedTable, errors.UndefinedColumn):
        return _versions_of_old_table(connection)
    # Sorted here, not by SQL: the database's collation may order digits and letters otherwise.
    return dict(sorted((str(version), str(name)) for version, name in rows))


def _versions_of_old_table(connection: Connection) -> dict[str, str]:
    try:
        rows = connection.execute(
            "select version from supabase_migrations.schema_migrations"
        ).fetchall()
    except errors.UndefinedTable:
        return {}
    return dict.fromkeys(sorted(str(row[0]) for row in rows), "")


def is_applied(connection: Connection, version: str) -> bool:
    row = connection.execute(
        "select 1 from supabase_migrations.schema_migrations where version = %s", [version]
    ).fetchone()
    return row is not None


def record(connection: Connection, version: str, name: str, statements: Sequence[str]) -> None:
    """Write down that a migration was applied."""
    connection.execute(
        "insert into supabase_migrations.schema_migrations (version, name, statements)"
        " values (%s, %s, %s)",
        [version, name, list(statements)],
    )


def seed_hashes(connection: Connection) -> dict[str, str]:
    """Return path -> SHA-256 of the seed files that ran."""
    rows = connection.execute("select path, hash from supabase_migrations.seed_files").fetchall()
    return {str(path): str(digest) for path, digest in rows}


def record_seed(connection: Connection, path: str, digest: str) -> None:
    connection.execute(
        "insert into supabase_migrations.seed_files (path, hash) values (%s, %s)"
        " on conflict (path) do update set hash = excluded.hash",
        [path, digest],
    )
