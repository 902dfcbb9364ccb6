"""What supabase_storage_admin and the API's roles may do in schema storage."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.local.postgres.storage_data import put

Admin = psycopg.Connection[Any]
_TABLES = (
    *("buckets", "objects", "migrations", "s3_multipart_uploads", "s3_multipart_uploads_parts"),
    *("buckets_analytics", "buckets_vectors", "vector_indexes"),
)


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_admin_becomes_each_api_role_for_a_transaction(admin: Admin, role: str) -> None:
    admin.execute("select set_config('role', %s, true)", [role])
    assert admin.execute("select current_user").fetchone() == (role,)
    admin.rollback()
    assert admin.execute("select current_user").fetchone() == ("supabase_storage_admin",)


@pytest.mark.parametrize("role", ["postgres", "supabase_admin", "supabase_auth_admin"])
def test_admin_becomes_nobody_else(admin: Admin, role: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        admin.execute(f"set role {role}".encode())


def test_admin_finds_its_tables_without_the_schema(admin: Admin) -> None:
    put(admin, ["a"])
    assert admin.execute("select count(*) from objects").fetchone() == (1,)


def test_admin_owns_everything_in_a_schema_of_supabase_admin(admin: Admin) -> None:
    owners = admin.execute(
        "select distinct pg_get_userbyid(relowner) from pg_class"
        " where relnamespace = 'storage'::regnamespace"
        " union select distinct pg_get_userbyid(proowner) from pg_proc"
        " where pronamespace = 'storage'::regnamespace"
    ).fetchall()
    assert owners == [("supabase_storage_admin",)]
    owner = admin.execute(
        "select pg_get_userbyid(nspowner) from pg_namespace where nspname = 'storage'"
    ).fetchone()
    assert owner == ("supabase_admin",)


@pytest.mark.parametrize("role", ["anon", "authenticated"])
@pytest.mark.parametrize("table", _TABLES)
def test_users_see_nothing_without_a_policy(admin: Admin, role: str, table: str) -> None:
    put(admin, ["a"])
    admin.execute("insert into buckets_analytics (name) values ('a')")
    admin.execute("insert into buckets_vectors (id) values ('v')")
    admin.execute(f"set role {role}".encode())
    if table == "migrations":
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            admin.execute("select from storage.migrations")
    else:
        found = admin.execute(f"select count(*) from storage.{table}".encode()).fetchone()
        assert found == (0,)


@pytest.mark.parametrize("table", ["s3_multipart_uploads", "buckets_vectors", "vector_indexes"])
def test_users_may_not_write_what_is_only_shown(admin: Admin, table: str) -> None:
    admin.execute("set role authenticated")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
        admin.execute(f"insert into storage.{table} default values".encode())


def test_service_role_passes_the_policies(admin: Admin) -> None:
    put(admin, ["a"])
    admin.execute("set role service_role")
    assert admin.execute("select name from storage.objects").fetchall() == [("a",)]


def test_versions_of_objects_cannot_be_switched_on_yet(admin: Admin) -> None:
    put(admin, [])
    with pytest.raises(psycopg.errors.CheckViolation, match="buckets_versioning_dark_check"):
        admin.execute("update buckets set versioning_status = 'ENABLED'")
