"""Transactions in which row-level security decides, or as the tables' owner."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import psycopg
from psycopg_pool import ConnectionPool

if TYPE_CHECKING:
    from hipflask.local.storage.caller import Caller

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]
Pool: TypeAlias = ConnectionPool[Connection]
Row: TypeAlias = tuple[Any, ...]
_Result = TypeVar("_Result")
Rows: TypeAlias = Callable[[], list[Row]]
#: SQL with its parameters.
Statement: TypeAlias = tuple[str, Sequence[Any]]

#: Seconds that a request waits for a connection.
_LONGEST_WAIT: Final = 10.0
_MOST_DEADLOCKS: Final = 3
# What the reference server sets (``src/internal/database/pg-connection.ts``), and the leave to
# delete, which plain SQL does not have.
_SCOPE: Final = """
select set_config('role', %s, true),
  set_config('request.jwt.claim.role', %s, true),
  set_config('request.jwt', %s, true),
  set_config('request.jwt.claim.sub', %s, true),
  set_config('request.jwt.claims', %s, true),
  set_config('request.headers', %s, true),
  set_config('request.method', %s, true),
  set_config('request.path', %s, true),
  set_config('storage.operation', %s, true),
  set_config('storage.allow_delete_query', 'true', true)"""
_OWNER_SCOPE: Final = """
select set_config('role', 'none', true), set_config('storage.allow_delete_query', 'true', true)"""


@dataclass(frozen=True, slots=True)
class Scope:
    """Who asks for what, as policies see it. ``operation`` is ``storage.object.upload`` and such.

    ``headers`` are the request's, without those that are secrets of their own.
    """

    caller: Caller
    operation: str
    method: str = ""
    path: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The values of the scope's settings, in their order."""
        caller = self.caller
        return (
            caller.role,
            caller.role,
            caller.token,
            caller.user_id or "",
            caller.claims_json,
            json.dumps(self.headers),
            self.method,
            self.path,
            self.operation,
        )


class Transaction:
    """One transaction. What is sent before the first rows are wanted travels together with it."""

    def __init__(self, connection: Connection, scope: Scope | None) -> None:
        self._connection = connection
        self._scope = scope
        self._begun = self._ended = False
        self._first: tuple[str, Sequence[Any]] | None = None

    def begin_with(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement without rows before everything else, in the same trip."""
        self._first = (sql, parameters)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run one statement and return its rows."""
        return self._run(sql, parameters, commit=False)

    def commit_with(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run the last statement and commit, in one trip; return its rows."""
        return self._run(sql, parameters, commit=True)

    def _run(self, sql: str, parameters: Sequence[Any], *, commit: bool) -> list[Row]:
        if self._begun and not commit:
            cursor = self._connection.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []
        statements = [] if self._begun else self._beginning()
        position = len(statements)
        statements.append((sql, parameters))
        if commit:
            statements.append(("commit", ()))
        self._begun = True
        rows = _run_together(self._connection, *statements)[position]
        self._ended = commit
        return rows

    def _beginning(self) -> list[Statement]:
        first = [] if self._first is None else [self._first]
        return [("begin", ()), _scope_statement(self._scope), *first]

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Run one statement and return its first row, or None."""
        rows = self.rows(sql, parameters)
        return rows[0] if rows else None

    def become(self, scope: Scope) -> None:
        """Let row-level security decide, for ``scope``, what follows in this transaction."""
        self._scope = scope
        if self._begun:
            self._connection.execute(*_scope_statement(scope))

    def end(self, *, keep: bool) -> None:
        """Commit, or roll back."""
        if self._begun and not self._ended:
            self._connection.execute("commit" if keep else "rollback")


class Database:
    """The schema ``storage`` of one database."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @contextmanager
    def as_caller(self, scope: Scope) -> Iterator[Transaction]:
        """Do everything inside the block, or nothing of it; row-level security decides."""
        with self._transaction(scope) as transaction:
            yield transaction

    @contextmanager
    def as_owner(self) -> Iterator[Transaction]:
        """Do everything inside the block, or nothing of it; every row is visible."""
        with self._transaction(None) as transaction:
            yield transaction

    def ask(self, scope: Scope | None, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run one statement in a transaction of its own and return its rows, all in one trip."""
        with self._connection() as connection:
            if scope is None:
                cursor = connection.execute(sql, parameters)
                return cursor.fetchall() if cursor.description else []
            return _run_together(connection, _scope_statement(scope), (sql, parameters))[1]

    def tell(self, *statements: Statement) -> list[Row]:
        """Run statements as the owner, in one transaction and one trip; return the last's rows."""
        with self._connection() as connection:
            return _run_together(connection, *statements)[-1]

    def ask_both(
        self, first: Statement, scope: Scope, second: Statement, *, undo: bool = False
    ) -> tuple[list[Row], Rows]:
        """Run ``first`` as the owner and ``second`` for ``scope``, in one trip.

        The second's rows, or its error, come by a function: the first may make them uninteresting.
        ``undo`` takes back what the second has done: would row-level security let it through?
        """
        statements = (first, _scope_statement(scope), second)
        failure: psycopg.Error | None = None
        before, after = list[Row](), list[Row]()
        with self._connection() as connection:
            try:
                if undo:
                    begin, rollback = ("begin", ()), ("rollback", ())
                    _, before, _, after, _ = _run_together(connection, begin, *statements, rollback)
                else:
                    before, _, after = _run_together(connection, *statements)
            except psycopg.Error as error:
                if connection.closed or error.sqlstate is None:
                    raise
                failure = error
                connection.rollback()
                before = connection.execute(*first).fetchall()

        def rows_of_second() -> list[Row]:
            if failure is not None:
                raise failure
            return after

        return before, rows_of_second

    def versions_in_use(self, versions: Sequence[str]) -> set[str]:
        """Return those of ``versions`` that an object points to."""
        sql = "select version from storage.objects where version = any(%s)"
        return {str(row[0]) for row in self.ask(None, sql, (list(versions),))}

    @contextmanager
    def _transaction(self, scope: Scope | None) -> Iterator[Transaction]:
        with self._connection() as connection:
            transaction = Transaction(connection, scope)
            try:
                yield transaction
            except BaseException:
                if not connection.closed:
                    connection.rollback()
                raise
            transaction.end(keep=True)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        try:
            with self._pool.connection() as connection:
                yield connection
        except psycopg.OperationalError as error:
            if error.sqlstate is None:
                self._pool.check()  # the server may have gone: let no other request find out
            raise


def despite_deadlocks(act: Callable[[], _Result]) -> _Result:
    """Do ``act``, a whole transaction, again when it and another one waited for each other.

    PostgreSQL ends one of the two, which then finds its way free.
    """
    for _ in range(_MOST_DEADLOCKS):
        with contextlib.suppress(psycopg.errors.DeadlockDetected):
            return act()
    return act()


def _run_together(connection: Connection, *statements: Statement) -> list[list[Row]]:
    """Run statements in one trip and one transaction; return the rows of each.

    They travel as one text, with the values quoted by psycopg. In a pipeline psycopg waits once
    for each: with several requests at once, their threads then mostly wait for Python's lock.
    """
    cursor = psycopg.ClientCursor(connection)
    text = "; ".join(sql for sql, _ in statements)
    cursor.execute(text, [value for _, values in statements for value in values])
    return [each.fetchall() if each.description else [] for each in cursor.results()]


def _scope_statement(scope: Scope | None) -> Statement:
    return (_OWNER_SCOPE, ()) if scope is None else (_SCOPE, scope.parameters)


def open_pool(url: str, *, max_size: int) -> Pool:
    """Open the pool that a ``Database`` expects. ``url`` names the user supabase_storage_admin."""
    return ConnectionPool(
        url,
        min_size=0,  # most projects' tests never ask
        max_size=max_size,
        open=True,
        name="storage",
        timeout=_LONGEST_WAIT,
        check=_require_open,
        kwargs={
            "autocommit": True,
            "application_name": "hipflask-storage",
            # Policies call the project's own functions, which lie in public.
            "options": "-c search_path=storage,public,extensions",
        },
    )


def _require_open(connection: Connection) -> None:
    """Raise OperationalError if the server has closed the connection while it lay idle.

    Costs no trip. Read twice, because the server says good bye before it hangs up.
    """
    connection.pgconn.consume_input()
    connection.pgconn.consume_input()
