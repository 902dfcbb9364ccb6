"""Databases of a server: made from a template, dropped, listed."""

from __future__ import annotations

import psycopg
from psycopg import sql

from hipflask.local.postgres.cluster import Server

# Where to stand while another database is made or dropped; "postgres" itself may be dropped.
_MAINTENANCE = "template1"


def create_database(server: Server, name: str, *, template: str = "template0") -> None:
    """Create the database ``name`` as a copy of ``template``. Nobody may be connected to it."""
    with psycopg.connect(server.url(database=_MAINTENANCE), autocommit=True) as connection:
        connection.execute(creation(name, template))


def drop_database(server: Server, name: str) -> None:
    """Drop the database ``name``, ending its sessions. Does nothing when there is none."""
    with psycopg.connect(server.url(database=_MAINTENANCE), autocommit=True) as connection:
        connection.execute(
            sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
        )


def creation(name: str, template: str) -> sql.Composed:
    """Return the statement that creates ``name`` from ``template``."""
    return sql.SQL("create database {} template {}").format(
        sql.Identifier(name), sql.Identifier(template)
    )
