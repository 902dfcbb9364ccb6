"""What the doctor sees in a real database."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from hipflask.cli.cloud.database_facts import find_database
from hipflask.cloudrun.doctor.database import NEEDED_ROLES
from hipflask.cloudrun.doctor.facts import Cause, Database, Unseen
from hipflask.testing import SupabaseBackend

MIGRATIONS = Path(__file__).parents[3] / "starter/supabase/migrations"


def look(url: str) -> Database:
    found = find_database(url, MIGRATIONS)
    assert isinstance(found, Database), found
    return found


def test_sees_a_database_that_is_well(backend: SupabaseBackend) -> None:
    found = look(backend.database_url)
    assert found.version >= 17
    assert found.user == "postgres"
    assert found.roles == set(NEEDED_ROLES)
    assert found.max_connections > 0
    assert (found.exposed, found.pending, found.unknown) == ((), (), ())


def test_takes_the_address_of_sqlalchemy(backend: SupabaseBackend) -> None:
    url = backend.database_url.replace("postgresql://", "postgresql+psycopg://")
    assert look(url).user == "postgres"


def test_sees_a_table_without_security(backend: SupabaseBackend) -> None:
    with psycopg.connect(backend.database_url) as connection:
        connection.execute('create table public."Coupons" (id bigint primary key)')
    assert look(backend.database_url).exposed == ('public."Coupons"',)


def test_sees_migrations_on_one_side_only(backend: SupabaseBackend) -> None:
    with psycopg.connect(backend.database_url) as connection:
        connection.execute(
            "update supabase_migrations.schema_migrations"
            " set version = '20990101000000', name = 'elsewhere' where version = '20260101000100'"
        )
    found = look(backend.database_url)
    assert found.pending == ("20260101000100_notes",)
    assert found.unknown == ("20990101000000_elsewhere",)


def test_sees_a_user_who_can_be_nobody_else(backend: SupabaseBackend) -> None:
    with psycopg.connect(backend.database_url) as connection:
        connection.execute("create role limited login password 'limited'")
        connection.execute("grant usage on schema supabase_migrations to limited")
        connection.execute("grant select on all tables in schema supabase_migrations to limited")
    url = backend.database_url.replace("postgres:postgres@", "limited:limited@")
    try:
        assert look(url).roles == set()
    finally:
        with psycopg.connect(backend.database_url) as connection:
            connection.execute("drop owned by limited")
            connection.execute("drop role limited")


def test_says_why_it_cannot_be_used(backend: SupabaseBackend) -> None:
    url = backend.database_url.rpartition("/")[0] + "/no_such_database"
    found = find_database(url, MIGRATIONS)
    assert isinstance(found, Unseen)
    assert found.cause is Cause.UNREACHABLE
    assert "no_such_database" in found.reason


def test_names_the_port_of_the_address() -> None:
    """The pooler's two modes are two ports; migrations go to the other one."""
    found = find_database("postgresql://postgres:a-password@127.0.0.1:9/postgres", MIGRATIONS)
    assert isinstance(found, Unseen)
    assert "127.0.0.1:9 " in found.reason


@pytest.mark.parametrize("password", ["hunter2%zz", "zz@hunter2"])
def test_does_not_repeat_a_password_that_cannot_be_read(password: str) -> None:
    """libpq itself would: “invalid percent-encoded token”, “failed to resolve host”."""
    found = find_database(f"postgresql://postgres:{password}@127.0.0.1:9/postgres", MIGRATIONS)
    assert isinstance(found, Unseen)
    assert "is no address" in found.reason
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize("url", ["", "mysql://root@127.0.0.1/shop"])
def test_asks_nobody_without_an_address(url: str) -> None:
    found = find_database(url, MIGRATIONS)
    assert isinstance(found, Unseen)
    assert found.cause is Cause.NOT_ASKED
