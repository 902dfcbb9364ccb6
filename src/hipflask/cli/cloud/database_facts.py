"""Looks into the database behind DATABASE_URL, for the doctor. Reads only."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psycopg

from hipflask.cli.cloud.preparation import why_unreachable
from hipflask.cloudrun.doctor.database import NEEDED_ROLES
from hipflask.cloudrun.doctor.facts import Cause, Database, Unseen
from hipflask.cloudrun.endpoint import DatabaseEndpoint
from hipflask.local import migrations
from hipflask.local.migrations import history, rls

_PATIENCE: Final = 10
_SERVER: Final = """
select current_setting('server_version_num')::int / 10000, current_user::text,
       current_setting('max_connections')::int,
       array(select rolname::text from pg_roles
             where rolname = any(%s) and pg_has_role(current_user, oid, 'MEMBER'))
"""


def find_database(url: str, folder: Path) -> Database | Unseen:
    """Return what is there, compared with the folder of migrations."""
    if not url:
        return Unseen(
            "the database: DATABASE_URL is neither in .env.production nor in Secret Manager"
        )
    endpoint = DatabaseEndpoint.parse(url)
    if endpoint is None:
        return Unseen("the database: DATABASE_URL is no address of one")
    try:
        return _look(url, endpoint, folder)
    except psycopg.Error as error:
        where, why = f"{endpoint.host}:{endpoint.port}", why_unreachable(url, error)
        return Unseen(f"The database at {where} cannot be used: {why}", Cause.UNREACHABLE)


def _look(url: str, endpoint: DatabaseEndpoint, folder: Path) -> Database:
    files = {file.version: file.name for file in migrations.list_files(folder)}
    # Not prepared: behind the transaction pooler the next statement may be on another connection.
    with psycopg.connect(
        _address(url, endpoint),
        autocommit=True,
        prepare_threshold=None,
        connect_timeout=_PATIENCE,
        application_name="hipflask-doctor",
    ) as connection:
        row = connection.execute(_SERVER, [list(NEEDED_ROLES)]).fetchone()
        assert row is not None
        version, user, most, roles = row
        applied = history.applied_versions(connection)
        exposed = rls.exposed_tables(connection)
    return Database(
        host=endpoint.host,
        version=version,
        user=user,
        roles=frozenset(roles),
        max_connections=most,
        exposed=tuple(exposed.values()),
        pending=tuple(f"{it}_{name}" for it, name in files.items() if it not in applied),
        unknown=tuple(f"{it}_{name}" for it, name in applied.items() if it not in files),
    )


def _address(url: str, endpoint: DatabaseEndpoint) -> str:
    """Return the address for libpq: no driver's name, which is SQLAlchemy's; Supabase by TLS."""
    parts = urlsplit(url.strip())._replace(scheme="postgresql")
    if endpoint.mode is not None and "sslmode" not in endpoint.options:
        parts = parts._replace(query="&".join(filter(None, (parts.query, "sslmode=require"))))
    return parts.geturl()
