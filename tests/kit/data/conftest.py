"""A real PostgreSQL with Supabase's three API roles and one table under row-level security."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from hipflask.kit.data import Database
from hipflask.local.postgres.cluster import Cluster
from hipflask.protocol.claims import Claims
from tests.pgbouncer import pgbouncer

SCHEMA = """
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator login noinherit password 'postgres';
grant anon, authenticated, service_role to authenticator;
create schema auth;
grant usage on schema auth to anon, authenticated, service_role;
create function auth.uid() returns uuid language sql stable as
  $$ select nullif(current_setting('request.jwt.claims', true)::jsonb ->> 'sub', '')::uuid $$;
create table notes (
  id bigint generated always as identity primary key,
  owner uuid not null default auth.uid(),
  title text not null check (length(title) <= 20),
  slug text unique
);
alter table notes enable row level security;
create policy "owner only" on notes to authenticated
  using ((select auth.uid()) = owner) with check ((select auth.uid()) = owner);
grant all on notes to authenticated, service_role;
"""

ALICE = "00000000-0000-4000-8000-00000000000a"
BOB = "00000000-0000-4000-8000-00000000000b"


def claims_of(sub: str, role: str = "authenticated") -> Claims:
    return Claims.from_payload({"sub": sub, "role": role, "iat": 0, "exp": 2**35})


@pytest.fixture
def alice() -> Claims:
    return claims_of(ALICE)


@pytest.fixture
def bob() -> Claims:
    return claims_of(BOB)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("kit-data") / "db", port=0, durable=False)
    cluster.start()
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        connection.execute(SCHEMA)
    yield cluster
    cluster.stop()


@pytest.fixture
def superuser(cluster: Cluster) -> Iterator[psycopg.Connection]:
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        connection.execute("truncate notes")
        yield connection


@pytest.fixture
def url(cluster: Cluster, superuser: psycopg.Connection) -> str:
    """The address for a login that may do nothing by itself."""
    return cluster.url(user="authenticator")


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    database = Database(url, pool_size=2, patience=0.2)
    yield database
    database.close()


@pytest.fixture
def one_connection(url: str) -> Iterator[Database]:
    """A database whose pool has a single connection, so that every query meets the same one."""
    database = Database(url, pool_size=1, patience=0.2)
    yield database
    database.close()


@pytest.fixture
def pgbouncer_url(cluster: Cluster, url: str, tmp_path: Path) -> Iterator[str]:
    """The same database behind PgBouncer in transaction mode."""
    with pgbouncer(tmp_path, cluster.port, "authenticator") as address:
        yield f"postgresql://{address}/postgres"
