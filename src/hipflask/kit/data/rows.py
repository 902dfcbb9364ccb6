"""What a row becomes: a dict, or an instance of a dataclass that names the same columns."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

from psycopg import Cursor

from hipflask.errors import QueryRefused

Row = dict[str, Any]
T = TypeVar("T")


def read_all(cursor: Cursor[Row], row_type: type[Any] | None) -> list[Any]:
    """Return the remaining rows of a statement that was run."""
    make = _maker(cursor, row_type)
    return [make(row) for row in cursor.fetchall()]


def read_one(cursor: Cursor[Row], row_type: type[Any] | None) -> Any:
    """Return the first row, or None when there is none."""
    make = _maker(cursor, row_type)
    row = cursor.fetchone()
    return None if row is None else make(row)


def _maker(cursor: Cursor[Row], row_type: type[Any] | None) -> Callable[[Row], Any]:
    if cursor.description is None:
        raise QueryRefused(
            "The statement returns no rows.",
            hint="Use execute(), or add a `returning` clause.",
        )
    if row_type is None:
        return lambda row: row
    _check(row_type, [column.name for column in cursor.description])
    return lambda row: row_type(**row)


def _check(row_type: type[Any], columns: list[str]) -> None:
    """Compare the columns with the fields, so that a mistake shows even without a row."""
    if not dataclasses.is_dataclass(row_type):
        raise TypeError(f"row_type must be a dataclass, not {row_type!r}")
    fields = [field for field in dataclasses.fields(row_type) if field.init]
    missing = [field.name for field in fields if field.name not in columns and _is_required(field)]
    unknown = [name for name in columns if name not in {field.name for field in fields}]
    if missing or unknown:
        raise QueryRefused(
            f"The query's columns {columns} do not fit {row_type.__name__}:"
            f" missing {missing or 'none'}, unknown {unknown or 'none'}.",
            hint="Select exactly the fields of the dataclass, with `as` where the names differ.",
        )


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
