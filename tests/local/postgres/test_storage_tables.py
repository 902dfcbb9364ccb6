"""Schema storage is Storage's, to the last column, grant and argument.

``storage_tables.json`` holds what the migrations of supabase/storage v1.70.6 left in an empty
database.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hipflask.local.postgres import Cluster
from tests.local.postgres.catalog import (
    enums_of,
    functions_of,
    grants_of,
    tables_of,
    triggers_of,
)

_EXPECTED: dict[str, Any] = json.loads(
    Path(__file__).with_name("storage_tables.json").read_text(encoding="utf-8")
)
_OWN_FUNCTION = "folded"
_OWN_INDEX = "idx_objects_bucket_id_name_lower"


@pytest.fixture(scope="module")
def found(server: Cluster, bootstrapped: str) -> dict[str, Any]:
    """What bootstrap made of schema storage."""
    with psycopg.connect(server.url(database=bootstrapped)) as connection:
        return {
            "enums": enums_of(connection, "storage"),
            "tables": tables_of(connection, "storage"),
            "functions": functions_of(connection, "storage"),
            "triggers": triggers_of(connection, "storage"),
            "grants": grants_of(connection, "storage"),
        }


def test_there_are_no_more_and_no_fewer_tables(found: dict[str, Any]) -> None:
    assert set(found["tables"]) == set(_EXPECTED["tables"])


@pytest.mark.parametrize("table", sorted(_EXPECTED["tables"]))
@pytest.mark.parametrize("aspect", ["columns", "constraints", "rls", "owner"])
def test_table_is_as_in_storage(found: dict[str, Any], table: str, aspect: str) -> None:
    expected, ours = _EXPECTED["tables"][table][aspect], found["tables"][table][aspect]
    if aspect == "columns":
        expected, ours = [list(column) for column in expected], [list(column) for column in ours]
    assert ours == expected


@pytest.mark.parametrize("table", sorted(_EXPECTED["tables"]))
def test_indexes_are_as_in_storage_but_for_one(found: dict[str, Any], table: str) -> None:
    expected = dict(_EXPECTED["tables"][table]["indexes"])
    if table == "objects":
        expected[_OWN_INDEX] = expected[_OWN_INDEX].replace("lower(", "storage.folded(")
    assert found["tables"][table]["indexes"] == expected


def test_row_level_security_is_on_everywhere(found: dict[str, Any]) -> None:
    assert all(table["rls"] for table in found["tables"].values())


@pytest.mark.parametrize("aspect", ["enums", "triggers", "grants"])
def test_the_rest_is_as_in_storage(found: dict[str, Any], aspect: str) -> None:
    assert found[aspect] == _EXPECTED[aspect]


def test_functions_are_called_as_in_storage(found: dict[str, Any]) -> None:
    # Listing uploads only reads; Storage merely does not say so.
    expected = [
        [*called, "s" if name == "list_multipart_uploads_with_delimiter" else volatility, definer]
        for name, *more, volatility, definer in _EXPECTED["functions"]
        for called in [[name, *more]]
    ]
    ours = [function for function in found["functions"] if function[0] != _OWN_FUNCTION]
    assert ours == expected
