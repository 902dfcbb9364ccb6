"""A bootstrapped database has a hosted project's roles, schemas and grants."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest

from hipflask.local.postgres import Cluster, bootstrap, create_database, drop_database

Row = tuple[Any, ...]


def rows(server: Cluster, database: str, query: str, *, user: str = "postgres") -> list[Row]:
    with psycopg.connect(server.url(user=user, database=database)) as connection:
        return connection.execute(query.encode()).fetchall()


@pytest.mark.parametrize(
    "user",
    [
        *("authenticator", "supabase_admin", "supabase_auth_admin", "supabase_storage_admin"),
        *("supabase_functions_admin", "supabase_replication_admin", "supabase_read_only_user"),
    ],
)
def test_services_log_in_with_the_password(server: Cluster, database: str, user: str) -> None:
    assert rows(server, database, "select current_user", user=user) == [(user,)]


def test_attributes_of_the_api_roles(server: Cluster, database: str) -> None:
    found = rows(
        server,
        database,
        "select rolname, rolcanlogin, rolinherit, rolbypassrls, rolsuper from pg_roles"
        " where rolname in ('anon', 'authenticated', 'service_role', 'authenticator') order by 1",
    )
    assert found == [
        ("anon", False, True, False, False),
        ("authenticated", False, True, False, False),
        ("authenticator", True, False, False, False),
        ("service_role", False, True, True, False),
    ]


def test_settings_of_roles(server: Cluster, database: str) -> None:
    found = dict(rows(server, database, "select rolname, rolconfig from pg_roles"))
    assert found["anon"] == ["statement_timeout=3s"]
    assert found["authenticated"] == ["statement_timeout=8s"]
    assert {"statement_timeout=8s", "lock_timeout=8s"} <= set(found["authenticator"])
    assert found["postgres"] == ['search_path="$user", public, extensions']
    assert "search_path=auth" in found["supabase_auth_admin"]


def test_authenticator_becomes_each_api_role_and_no_other(server: Cluster, database: str) -> None:
    with psycopg.connect(
        server.url(user="authenticator", database=database), autocommit=True
    ) as connection:
        for role in ("anon", "authenticated", "service_role"):
            connection.execute(f"set role {role}".encode())
        connection.execute("reset role")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("set role postgres")


def test_new_objects_in_public_are_granted_to_the_api_roles(server: Cluster, database: str) -> None:
    with psycopg.connect(server.url(database=database)) as connection:
        connection.execute("create table public.t (id int)")
        connection.execute("create function public.f() returns int language sql as 'select 1'")
        connection.execute("create sequence public.s")
        found = connection.execute(
            "select r.rolname,"
            " has_table_privilege(r.oid, 'public.t', 'select, insert, update, delete'),"
            " has_function_privilege(r.oid, 'public.f()', 'execute'),"
            " has_sequence_privilege(r.oid, 'public.s', 'usage')"
            " from pg_roles r where rolname in ('anon', 'authenticated', 'service_role')"
            " order by 1"
        ).fetchall()
    assert found == [
        ("anon", True, True, True),
        ("authenticated", True, True, True),
        ("service_role", True, True, True),
    ]


def test_api_roles_cannot_read_auth_users(server: Cluster, database: str) -> None:
    for role in ("anon", "authenticated", "service_role"):
        with (
            psycopg.connect(server.url(user="authenticator", database=database)) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(f"set local role {role}".encode())
            connection.execute("select * from auth.users")


def test_auth_admin_reads_and_writes_its_tables(server: Cluster, database: str) -> None:
    with psycopg.connect(server.url(user="supabase_auth_admin", database=database)) as connection:
        connection.execute("insert into users (id, email) values (gen_random_uuid(), 'a@b.c')")
        assert connection.execute("select email from auth.users").fetchone() == ("a@b.c",)


def test_postgres_may_hand_an_api_role_to_a_new_login_role(server: Cluster, database: str) -> None:
    with psycopg.connect(server.url(database=database), autocommit=True) as connection:
        connection.execute("create role app_login login noinherit")
        try:
            connection.execute("grant authenticated, anon to app_login")
        finally:
            connection.execute("drop role app_login")


@pytest.mark.parametrize(
    ("function", "claims", "expected"),
    [
        ("uid()", '{"sub": "8f7b1c1e-0000-4000-8000-000000000001"}', "8f7b1c1e"),
        ("role()", '{"role": "authenticated"}', "authenticated"),
        ("email()", '{"email": "a@b.c"}', "a@b.c"),
        ("jwt() ->> 'aal'", '{"aal": "aal2"}', "aal2"),
        ("uid()", "", "None"),
        ("jwt()", "", "None"),
    ],
)
def test_functions_read_the_claims(
    server: Cluster, database: str, function: str, claims: str, expected: str
) -> None:
    with psycopg.connect(server.url(user="authenticator", database=database)) as connection:
        connection.execute("set local role authenticated")
        connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        row = connection.execute(f"select auth.{function}".encode()).fetchone()
    assert row is not None
    assert str(row[0]).startswith(expected)


def test_second_time_changes_nothing(server: Cluster, database: str) -> None:
    with psycopg.connect(server.url(database=database), autocommit=True) as connection:
        connection.execute("insert into auth.users (id) values (gen_random_uuid())")
    bootstrap(server, database)
    assert rows(server, database, "select count(*) from auth.users") == [(1,)]


def test_somebody_elses_auth_schema_is_left_alone(server: Cluster) -> None:
    create_database(server, "foreign_auth")
    try:
        with psycopg.connect(server.url(database="foreign_auth"), autocommit=True) as connection:
            connection.execute("create schema auth; create table auth.users (mine int)")
        bootstrap(server, "foreign_auth")
        found = rows(server, "foreign_auth", "select to_regclass('auth.sessions') is null")
        assert found == [(True,)]
    finally:
        drop_database(server, "foreign_auth")


def test_failed_bootstrap_leaves_nothing(server: Cluster) -> None:
    create_database(server, "half")
    try:
        with psycopg.connect(server.url(database="half"), autocommit=True) as connection:
            connection.execute("create schema storage; create table storage.buckets (id int)")
        with pytest.raises(psycopg.errors.DuplicateTable):
            bootstrap(server, "half")
        assert rows(server, "half", "select to_regnamespace('auth') is null") == [(True,)]
    finally:
        drop_database(server, "half")


def test_two_at_once_in_one_database(server: Cluster) -> None:
    create_database(server, "raced")
    failures: list[BaseException] = []

    def run() -> None:
        try:
            bootstrap(server, "raced")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures
        assert rows(server, "raced", "select count(*) > 0 from auth.schema_migrations") == [(True,)]
    finally:
        drop_database(server, "raced")
