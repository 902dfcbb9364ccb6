"""One transaction as somebody: a role and claims that end with it.

psycopg's own ``transaction()`` waits for the server at entry and at exit. Written as statements on
an autocommit connection, BEGIN, the role, the claims and the first query travel together: one
round trip instead of three or four, and all of it works behind a transaction pooler.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, LiteralString, TypeVar, overload

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from hipflask.errors import DatabaseUnavailable, QueryRefused
from hipflask.kit.timing import timed

from .pool import Connection, Pool
from .rows import Row, read_all, read_one
from .scope import Scope
from .sqlstates import DRIVER_ERRORS, translate

Query = LiteralString | bytes | sql.SQL | sql.Composed
Params = Sequence[Any] | Mapping[str, Any] | None
T = TypeVar("T")

SET_SCOPE: Final = (
    b"select set_config('role', $1, true), set_config('request.jwt.claims', $2, true),"
    b" set_config('statement_timeout', $3, true)"
)


class Transaction:
    """SQL inside one transaction; made by ``Database.as_user`` and its siblings.

    The connection is taken and the transaction begun with the first statement, so an unused block
    costs nothing. Leaving the block commits; an exception rolls back.
    """

    def __init__(self, pool: Pool, scope: Scope, *, timeout_ms: int) -> None:
        self._pool = pool
        self._scope = scope
        self._timeout_ms = timeout_ms
        self._connection: Connection | None = None
        self._state = "new"

    def __repr__(self) -> str:
        return f"<Transaction as {self._scope.role}, {self._state}>"

    def __enter__(self) -> Transaction:
        if self._state != "new":
            raise RuntimeError("A transaction cannot be entered twice; ask the database for one.")
        self._state = "entered"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._state = "closed"
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            # Anything but a commit is left to the pool: it rolls back what is still open.
            if error is None:
                _commit(connection)
        finally:
            self._pool.release(connection)

    @overload
    def fetch_all(self, query: Query, params: Params = None) -> list[Row]: ...
    @overload
    def fetch_all(self, query: Query, params: Params = None, *, row_type: type[T]) -> list[T]: ...
    def fetch_all(
        self, query: Query, params: Params = None, *, row_type: type[Any] | None = None
    ) -> list[Any]:
        """Return every row, as dicts or as instances of the dataclass ``row_type``."""
        return read_all(self._run(query, params), row_type)

    @overload
    def fetch_one(self, query: Query, params: Params = None) -> Row | None: ...
    @overload
    def fetch_one(self, query: Query, params: Params = None, *, row_type: type[T]) -> T | None: ...
    def fetch_one(
        self, query: Query, params: Params = None, *, row_type: type[Any] | None = None
    ) -> Any:
        """Return the first row, or None when there is none."""
        return read_one(self._run(query, params), row_type)

    def fetch_value(self, query: Query, params: Params = None) -> Any:
        """Return the first column of the first row, or None when there is no row."""
        row = self.fetch_one(query, params)
        return next(iter(row.values())) if row else None

    def execute(self, query: Query, params: Params = None) -> int:
        """Run a statement and return how many rows it touched."""
        return self._run(query, params).rowcount

    def execute_many(self, query: Query, rows: Iterable[Sequence[Any] | Mapping[str, Any]]) -> int:
        """Run a statement for each row, sent together; return how many rows were touched."""
        connection = self._begun()
        try:
            with timed("database", "statements"), connection.cursor() as cursor:
                cursor.executemany(query, rows)
                touched = cursor.rowcount
        except DRIVER_ERRORS as error:
            raise translate(error) from error
        self._still_open(connection, cursor.statusmessage)
        return touched

    def _run(self, query: Query, params: Params) -> psycopg.Cursor[Row]:
        if self._connection is None:
            return self._run_first(query, params)
        connection = self._begun()
        try:
            # In a pipeline the server takes one statement at a time: none hides behind a ";".
            with timed("database", "statement"), connection.pipeline():
                cursor = connection.execute(query, params)
        except DRIVER_ERRORS as error:
            raise translate(error) from error
        self._still_open(connection, cursor.statusmessage)
        return cursor

    def _run_first(self, query: Query, params: Params) -> psycopg.Cursor[Row]:
        connection = self._begun(begin=False)
        try:
            with timed("database", "statement"), connection.pipeline():
                begin(connection, self._scope, self._timeout_ms)
                cursor = connection.execute(query, params)
        except DRIVER_ERRORS as error:
            raise translate(error) from error
        self._still_open(connection, cursor.statusmessage)
        return cursor

    def _begun(self, *, begin: bool = True) -> Connection:
        """Return the connection, taking one from the pool at the first statement."""
        if self._state != "entered":
            raise RuntimeError(f"This transaction is {self._state}: use it inside its with block.")
        if self._connection is None:
            self._connection = self._pool.acquire()
            if begin:
                _begin_now(self._connection, self._scope, self._timeout_ms)
        return self._connection

    def _still_open(self, connection: Connection, tag: str | None) -> None:
        """Refuse to go on when the statement itself ended the transaction.

        What comes next would run with the role of the login, past every policy; also after
        ``AND CHAIN``, which begins a new transaction without them.
        """
        if connection.info.transaction_status == TransactionStatus.INTRANS and tag != "COMMIT":
            if tag == "ROLLBACK":  # to a savepoint, or all of it and chained: the tag is the same
                with connection.pipeline():
                    _set_scope(connection, self._scope, self._timeout_ms)
            return
        self._state = "ended by its own SQL"
        raise QueryRefused(
            "The statement ended the transaction, and with it the user's role.",
            hint="Leave COMMIT and ROLLBACK to the with block.",
        )


def begin(connection: Connection, scope: Scope, timeout_ms: int) -> None:
    """Begin, with the role, the claims and the time limit; they leave with what follows them."""
    connection.send_ahead(b"BEGIN")
    _set_scope(connection, scope, timeout_ms)


def _set_scope(connection: Connection, scope: Scope, timeout_ms: int) -> None:
    connection.send_ahead(SET_SCOPE, scope.role, scope.claims, str(timeout_ms))


def _begin_now(connection: Connection, scope: Scope, timeout_ms: int) -> None:
    try:
        with timed("database", "begin"), connection.pipeline():
            begin(connection, scope, timeout_ms)
    except psycopg.Error as error:
        raise translate(error) from error


def _commit(connection: Connection) -> None:
    status = connection.info.transaction_status
    if status == TransactionStatus.INERROR:
        # PostgreSQL answers COMMIT with a quiet ROLLBACK here; silence would look like success.
        raise QueryRefused(
            "An earlier statement of this transaction failed, so nothing of it was saved.",
            hint="Let the error leave the with block, or catch it around the whole block.",
        )
    if status == TransactionStatus.UNKNOWN:
        raise DatabaseUnavailable("The connection was lost before the commit.", reason="lost")
    try:
        with timed("database", "commit"):
            connection.execute("COMMIT")
    except psycopg.Error as error:
        raise translate(error) from error
