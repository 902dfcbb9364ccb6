"""Runs the statements of one script, and says exactly where one failed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import psycopg

from hipflask.errors import MigrationFailed
from hipflask.local.migrations.history import Connection
from hipflask.local.migrations.missing_extensions import advice_about
from hipflask.local.migrations.statements import Statement

# PostgreSQL refuses these within a transaction.
_OUTSIDE = re.compile(
    r"""
    (?:create\s+(?:unique\s+)?index|drop\s+index)\s+concurrently\b
  | reindex\b.*\b(?:concurrently|database|system)\b
  | alter\s+table\b.*\bdetach\s+partition\b.*\bconcurrently\b
  | vacuum\b | alter\s+system\b
  | (?:create|drop)\s+(?:database|tablespace)\b
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_BESIDE_OUTSIDE = re.compile(r"(?:set|reset)\b(?!\s+local\b)", re.IGNORECASE)
# The file is one transaction already: its own frames change nothing.
_FRAME = re.compile(r"(?:begin|start\s+transaction|commit|end)\b(?!\s+prepared)", re.IGNORECASE)
_GIVE_UP = re.compile(r"(?:rollback|abort)\b(?!\s+(?:work\s+|transaction\s+)?to\b)", re.IGNORECASE)
# What psql does and no server: the rows of a dump, and its commands.
_COPY_FROM_CLIENT = re.compile(
    r"copy\b.*\b(?:from\s+stdin|to\s+stdout)\b", re.IGNORECASE | re.DOTALL
)
_INLINE_LINE = re.compile(r"PL/pgSQL function inline_code_block line (\d+)")


def run_in_transaction(connection: Connection, file: Path, statements: list[Statement]) -> None:
    """Run the statements; the caller has opened the transaction and ends it.

    ``begin`` and ``commit`` of the file are passed over. Raises MigrationFailed.
    """
    for statement in statements:
        if statement.is_empty or _FRAME.match(statement.words):
            continue
        if _GIVE_UP.match(statement.words):
            raise _refused(file, statement, "a migration must not roll itself back", "25000")
        if _OUTSIDE.match(statement.words):
            raise _refused(
                file,
                statement,
                "this statement cannot run in a transaction",
                "25001",
                advice="Move it, with others of its kind, to a migration file of its own.",
            )
        _refuse_psql(file, statement)
        _run(connection, file, statement)
    if statements:
        # What is deferred would fail at the commit, where nobody knows the file any more.
        check = replace(statements[-1], text="set constraints all immediate")
        _run(connection, file, check)


def run_one_by_one(connection: Connection, file: Path, statements: list[Statement]) -> None:
    """Run statements that PostgreSQL refuses within a transaction, each on its own."""
    for statement in statements:
        if not statement.is_empty:
            _run(connection, file, statement, alone=True)


def must_run_outside(statements: list[Statement]) -> bool:
    """Tell a file made of nothing but statements that refuse a transaction (and settings)."""
    real = [statement for statement in statements if not statement.is_empty]
    return any(_OUTSIDE.match(statement.words) for statement in real) and all(
        _OUTSIDE.match(statement.words) or _BESIDE_OUTSIDE.match(statement.words)
        for statement in real
    )


def _run(connection: Connection, file: Path, statement: Statement, *, alone: bool = False) -> None:
    try:
        connection.execute(statement.text.encode(), prepare=False)
    except psycopg.OperationalError as error:
        if error.sqlstate is None:  # the server is gone: not the file's fault
            raise
        raise _failed(file, statement, error, alone=alone) from error
    except psycopg.Error as error:
        raise _failed(file, statement, error, alone=alone) from error


def _refuse_psql(file: Path, statement: Statement) -> None:
    if _COPY_FROM_CLIENT.match(statement.words):
        raise _refused(
            file,
            statement,
            "rows of a copy command come from psql, not from a migration",
            "0A000",
            advice="Write them as insert statements (`pg_dump --inserts`).",
        )
    if statement.words.startswith("\\"):
        raise _refused(
            file,
            statement,
            f"{statement.words.split()[0]} is a command of psql",
            "42601",
            advice="Remove the lines that begin with a backslash.",
        )


def _failed(
    file: Path, statement: Statement, error: psycopg.Error, *, alone: bool
) -> MigrationFailed:
    diagnosis = error.diag
    line = statement.line
    inline = _INLINE_LINE.search(diagnosis.context or "")
    if diagnosis.statement_position:
        line = statement.line_at(int(diagnosis.statement_position))
    elif inline and "$" in statement.text:
        line = statement.line_at(statement.text.index("$") + 1) + int(inline.group(1)) - 1
    return MigrationFailed(
        file=file,
        line=line,
        sqlstate=error.sqlstate or "",
        statement=statement.text,
        reason=(diagnosis.message_primary or str(error)).rstrip("."),
        detail=diagnosis.message_detail or "",
        advice=advice_about(error) or diagnosis.message_hint or "",
        others_kept=alone,
    )


def _refused(
    file: Path, statement: Statement, reason: str, sqlstate: str, *, advice: str = ""
) -> MigrationFailed:
    return MigrationFailed(
        file=file,
        line=statement.line,
        sqlstate=sqlstate,
        statement=statement.text,
        reason=reason,
        advice=advice,
    )
