"""The fixture `backend`, used the way a project's own tests use it."""

from __future__ import annotations

import psycopg
import pytest
import urllib3

from hipflask.testing import SupabaseBackend


def test_answers_over_http(backend: SupabaseBackend) -> None:
    with urllib3.PoolManager() as http:
        answer = http.request(
            "GET", f"{backend.url}/auth/v1/health", headers={"apikey": backend.publishable_key}
        )
    assert answer.status == 200


def test_database_has_the_projects_tables(backend: SupabaseBackend) -> None:
    with psycopg.connect(backend.database_url) as connection:
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'public'"
        ).fetchall()
    assert ("notes",) in tables


@pytest.mark.parametrize("attempt", [1, 2])
def test_database_is_fresh(backend: SupabaseBackend, attempt: int) -> None:
    with psycopg.connect(backend.database_url) as connection:
        connection.execute("create table public.left_behind ()")
