"""Databases of a server: made from a template, dropped, listed."""

from __future__ import annotations

import contextlib
from typing import Literal

import psycopg
from psycopg import sql

from hipflask.local.postgres.cluster import Server

# Where to stand while another database is made or dropped; "postgres" itself may be dropped.
_MAINTENANCE = "template1"


def create_database(
    server: Server,
    name: str,
    *,
    template: str = "template0",
    strategy: Literal["wal_log", "file_copy"] = "wal_log",
) -> None:
    """Create the database ``name`` as a copy of ``template``. Nobody may be connected to it.

    Where nothing is synced to disk, ``file_copy`` is three times as fast (20 against 60 ms).
    """
    statement = sql.SQL("create database {} template {} strategy {}").format(
        sql.Identifier(name), sql.Identifier(template), sql.SQL(strategy)
    )
    with psycopg.connect(server.url(database=_MAINTENANCE), autocommit=True) as connection:
        connection.execute(statement)


def drop_database(server: Server, name: str) -> None:
    """Drop the database ``name``, ending its sessions. Does nothing when there is none."""
    with psycopg.connect(server.url(database=_MAINTENANCE), autocommit=True) as connection:
        connection.execute(
            sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
        )


def drop_free_roles(server: Server) -> None:
    """Drop the roles that no database refers to. For a server that is all ours.

    Superusers stay, and PostgreSQL's own roles.
    """
    with psycopg.connect(server.url(database=_MAINTENANCE), autocommit=True) as connection:
        names = connection.execute(
            "select rolname from pg_roles where not rolsuper and rolname !~ '^pg_'"
        ).fetchall()
        for (name,) in names:
            with contextlib.suppress(psycopg.errors.DependentObjectsStillExist):
                connection.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))
