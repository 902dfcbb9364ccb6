"""``hip.db``: the database as a user, as anybody, or as the service."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, Final, TypeVar, overload

import psycopg
from psycopg.rows import dict_row

from hipflask.errors import TransactionLost
from hipflask.kit.settings import Settings
from hipflask.kit.timing import timed
from hipflask.protocol.claims import Claims

from .address import connect_options, is_transaction_pooler
from .connection import MARGIN_SECONDS, PatientConnection
from .pool import Connection, Pool
from .rows import Row, read_all, read_one
from .scope import ANON, SERVICE, HasClaims, Scope, scope_of
from .sqlstates import DRIVER_ERRORS, translate
from .transaction import Params, Query, Transaction, begin

Who = Claims | HasClaims | Scope
T = TypeVar("T")
R = TypeVar("R")

STATEMENT_TIMEOUT_MS: Final = 30_000


class Database:
    """Runs SQL under row-level security. Connects at the first use, not before.

    ``as_user``, ``as_anon`` and ``as_service`` open transactions; ``fetch_all_as`` and its
    siblings run one statement in one round trip. ``pooled`` says whether a transaction pooler is
    in between; by default the URL tells.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 4,
        pooled: bool | None = None,
        patience: float = 5.0,
        statement_timeout_ms: int = STATEMENT_TIMEOUT_MS,
    ) -> None:
        self._url = url
        self._pooled = is_transaction_pooler(url) if pooled is None else pooled
        self._timeout_ms = statement_timeout_ms
        self._pool = Pool(self._connect, size=pool_size, patience=patience)

    @classmethod
    def from_settings(cls, settings: Settings) -> Database:
        """Make the database that the app's settings name."""
        return cls(settings.database_url, pool_size=settings.database_pool_size)

    def __repr__(self) -> str:
        return f"<Database {self._pool!r}>"

    def as_user(self, who: Who) -> Transaction:
        """Return a transaction in which row-level security sees this user.

        Takes a User, Claims, or ``current_user``. Raises NotSignedIn when nobody is signed in.
        """
        return self._transaction(scope_of(who))

    def as_anon(self) -> Transaction:
        """Return a transaction with the rights of a visitor who is not signed in."""
        return self._transaction(ANON)

    def as_service(self) -> Transaction:
        """Return a transaction that row-level security does not hold: for the app's own work."""
        return self._transaction(SERVICE)

    @overload
    def fetch_all_as(self, who: Who, query: Query, params: Params = None) -> list[Row]: ...
    @overload
    def fetch_all_as(
        self, who: Who, query: Query, params: Params = None, *, row_type: type[T]
    ) -> list[T]: ...
    def fetch_all_as(
        self, who: Who, query: Query, params: Params = None, *, row_type: type[Any] | None = None
    ) -> list[Any]:
        """Run one statement as somebody, in one round trip, and return its rows."""
        return self._once(who, query, params, lambda cursor: read_all(cursor, row_type))

    @overload
    def fetch_one_as(self, who: Who, query: Query, params: Params = None) -> Row | None: ...
    @overload
    def fetch_one_as(
        self, who: Who, query: Query, params: Params = None, *, row_type: type[T]
    ) -> T | None: ...
    def fetch_one_as(
        self, who: Who, query: Query, params: Params = None, *, row_type: type[Any] | None = None
    ) -> Any:
        """Run one statement as somebody, in one round trip, and return its first row or None."""
        return self._once(who, query, params, lambda cursor: read_one(cursor, row_type))

    def execute_as(self, who: Who, query: Query, params: Params = None) -> int:
        """Run one statement as somebody, in one round trip; return how many rows it touched."""
        return self._once(who, query, params, lambda cursor: cursor.rowcount)

    def ready(self) -> None:
        """Ask the server for a sign of life; raise DatabaseUnavailable when there is none."""
        with self._pool.connection() as connection:
            try:
                with timed("database", "ready"):
                    connection.execute("select 1")
            except psycopg.Error as error:
                raise translate(error) from error

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()

    def _transaction(self, scope: Scope) -> Transaction:
        return Transaction(self._pool, scope, timeout_ms=self._timeout_ms)

    def _once(
        self,
        who: Who,
        query: Query,
        params: Params,
        read: Callable[[psycopg.Cursor[Row]], R],
    ) -> R:
        """Run a single statement; once more when another transaction was in the way."""
        scope = scope_of(who)
        with contextlib.suppress(TransactionLost):
            return read(self._send(scope, query, params))
        return read(self._send(scope, query, params))

    def _send(self, scope: Scope, query: Query, params: Params) -> psycopg.Cursor[Row]:
        with self._pool.connection() as connection:
            try:
                with timed("database", "statement"), connection.pipeline():
                    begin(connection, scope, self._timeout_ms)
                    cursor = connection.execute(query, params)
                    connection.send_ahead(b"COMMIT")
            except DRIVER_ERRORS as error:
                raise translate(error) from error
            return cursor

    def _connect(self) -> Connection:
        with timed("database", "connect"):
            connection = PatientConnection.connect(
                self._url,
                autocommit=True,
                row_factory=dict_row,
                **connect_options(self._url),
            )
        connection.patience = self._timeout_ms / 1000 + MARGIN_SECONDS
        if self._pooled:
            connection.prepare_threshold = None
        return connection
