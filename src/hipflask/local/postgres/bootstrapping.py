"""Makes an empty database look like a new Supabase project: roles, schemas, tables, grants."""

from __future__ import annotations

import functools
from pathlib import Path

import psycopg
from psycopg import sql

from hipflask.errors import StackError
from hipflask.local.postgres.cluster import Server

# Raise it when a file in sql/ changes, and write what databases of the version before lack into
# sql/upgrades/<version>.sql: a bootstrapped database is never bootstrapped from the start again.
# sql/functions/ holds what is only ever replaced as a whole; new and old databases run it last.
VERSION = 2

_MARK = "Hipflask bootstrap "
_ATTEMPTS = 5
_SQL_FOLDER = Path(__file__).with_name("sql")


def bootstrap(server: Server, database: str = "postgres") -> None:
    """Create Supabase's roles, schemas, tables and grants in ``database`` unless they are there.

    All or nothing, in one transaction. A database that has ``auth.users`` but was not made here
    is somebody else's Supabase and is left alone. Needs a superuser.
    """
    with psycopg.connect(server.url(database=database), autocommit=True) as connection:
        for attempt in range(_ATTEMPTS):
            version = version_of(connection)
            if version is None or version >= VERSION:
                return
            try:
                _run(connection, version, server.password)
            except (
                psycopg.errors.SerializationFailure,  # raised by the prologue
                psycopg.errors.UniqueViolation,
                psycopg.errors.DuplicateObject,
                psycopg.errors.DuplicateTable,
                psycopg.errors.InternalError_,  # "tuple concurrently updated"
            ):
                # Roles belong to the whole server: another database's bootstrap made them first.
                if attempt == _ATTEMPTS - 1:
                    raise
            except psycopg.errors.InsufficientPrivilege as error:
                raise StackError(
                    f"The PostgreSQL role {connection.info.user!r} may not set up Supabase's roles"
                    f" and schemas: {error.diag.message_primary}.",
                    hint="Name a superuser in the address of the server.",
                ) from error


def version_of(connection: psycopg.Connection) -> int | None:
    """Return the version a database was bootstrapped at: 0 for never, None for not by us."""
    # A comment is in nobody's way: `supabase db diff` and `gen types` do not see it.
    row = connection.execute(
        "select obj_description(to_regnamespace('auth')::oid, 'pg_namespace'),"
        " to_regclass('auth.users') is not null"
    ).fetchone()
    assert row is not None
    comment, has_users = row
    if comment and comment.startswith(_MARK):
        return int(comment.removeprefix(_MARK))
    return None if has_users else 0


def _run(connection: psycopg.Connection, version: int, password: str) -> None:
    prologue = sql.SQL(
        "begin;\n"
        # Two bootstraps of one database take turns. The second must not run what the first has
        # done meanwhile, and finds the database current when it looks again.
        "select pg_advisory_xact_lock(hashtext('hipflask bootstrap'));\n"
        "do $$ begin if obj_description(to_regnamespace('auth')::oid, 'pg_namespace') like {}"
        " and obj_description(to_regnamespace('auth')::oid, 'pg_namespace') <> {}"
        " then raise exception 'bootstrapped meanwhile' using errcode = '40001'; end if; end $$;\n"
        "set local client_min_messages = error;\n"  # "wal_level is insufficient" for tests
        "select set_config('hipflask.bootstrap_password', {}, true);\n"
    ).format(f"{_MARK}%", f"{_MARK}{version}", password)
    epilogue = sql.SQL("comment on schema auth is {};\ncommit;").format(f"{_MARK}{VERSION}")
    # Everything in one message to the server: one round trip, one transaction.
    script = _script(version)
    whole = prologue.as_string(connection) + script + epilogue.as_string(connection)
    try:
        connection.execute(whole.encode())
    except psycopg.Error:
        connection.rollback()
        raise


@functools.cache
def _script(version: int) -> str:
    """Return what brings a database of ``version`` (0: an empty one) up to date."""
    if version == 0:
        files = sorted(_SQL_FOLDER.glob("*.sql"))
    else:
        newer = range(version + 1, VERSION + 1)
        files = [_SQL_FOLDER / "upgrades" / f"{number}.sql" for number in newer]
    files += sorted((_SQL_FOLDER / "functions").glob("*.sql"))
    return "".join(file.read_text(encoding="utf-8") for file in files)
