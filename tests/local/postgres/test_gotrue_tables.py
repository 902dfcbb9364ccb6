"""The auth tables are GoTrue's, to the last column, constraint and index.

``gotrue_tables.json`` holds what supabase/auth's own migrations left in an empty database.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hipflask.local.postgres import Cluster
from tests.local.postgres.catalog import enums_of, tables_of

_EXPECTED: dict[str, Any] = json.loads(
    Path(__file__).with_name("gotrue_tables.json").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def found(server: Cluster, bootstrapped: str) -> dict[str, Any]:
    """What bootstrap made of schema auth."""
    with psycopg.connect(server.url(database=bootstrapped)) as connection:
        return {
            "enums": enums_of(connection, "auth"),
            "tables": tables_of(connection, "auth"),
            "migrations": {
                row[0] for row in connection.execute("select version from auth.schema_migrations")
            },
        }


def test_there_are_no_more_and_no_fewer_tables(found: dict[str, Any]) -> None:
    assert set(found["tables"]) == set(_EXPECTED["tables"])


@pytest.mark.parametrize("table", sorted(_EXPECTED["tables"]))
@pytest.mark.parametrize("aspect", ["columns", "constraints", "indexes", "rls", "owner"])
def test_table_is_as_in_gotrue(found: dict[str, Any], table: str, aspect: str) -> None:
    expected = _EXPECTED["tables"][table][aspect]
    if aspect == "columns":
        expected = [tuple(column) for column in expected]
        assert [tuple(column) for column in found["tables"][table][aspect]] == expected
    else:
        assert found["tables"][table][aspect] == expected


def test_enums_are_as_in_gotrue(found: dict[str, Any]) -> None:
    assert found["enums"] == _EXPECTED["enums"]


def test_gotrue_would_find_its_migrations_done(found: dict[str, Any]) -> None:
    assert set(_EXPECTED["migrations"]) <= found["migrations"]
