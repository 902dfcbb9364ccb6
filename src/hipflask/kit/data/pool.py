"""A few connections, opened when they are first needed, shared by the threads of one process.

No background thread: an instance that is frozen between requests would not run it, and whoever
asks while the server is away gets the reason at once instead of a time-out.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg.pq import PipelineStatus, TransactionStatus

from hipflask.errors import DatabaseUnavailable

from .connection import PatientConnection
from .sqlstates import unavailable

Connection = PatientConnection


class Pool:
    """Hands out connections, at most ``size`` at a time.

    ``patience`` is how long, in seconds, a thread waits for one that is in use; ``lifetime`` how
    old a connection may grow (a pooler or a load balancer closes old ones without telling).
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        *,
        size: int,
        patience: float = 5.0,
        lifetime: float = 1800.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect = connect
        self._size = size
        self._patience = patience
        self._lifetime = lifetime
        self._monotonic = monotonic
        self._idle: list[tuple[Connection, float]] = []
        self._born: dict[int, float] = {}
        self._slots = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self._inherited: list[object] = []

    def __repr__(self) -> str:
        return f"<Pool of {self._size}, {len(self._idle)} idle>"

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Lend a connection; on return it has no transaction open, or it is closed."""
        connection = self.acquire()
        try:
            yield connection
        finally:
            self.release(connection)

    def acquire(self) -> Connection:
        """Return a connection in autocommit mode; give it back with ``release``.

        Raises DatabaseUnavailable when none gets free in time, or when the server cannot be
        reached.
        """
        self._after_fork()
        if not self._slots.acquire(timeout=self._patience):
            raise DatabaseUnavailable(
                f"All {self._size} database connections were in use for {self._patience:g} s.",
                reason="pool_exhausted",
                hint="Raise DATABASE_POOL_SIZE, or keep transactions shorter.",
            )
        try:
            return self._take() or self._open()
        except BaseException:
            self._slots.release()
            raise

    def release(self, connection: Connection) -> None:
        """Take a connection back; whatever it still had open is rolled back."""
        born = self._born.pop(id(connection), None)
        if born is None:
            return  # lent out before a fork: it belongs to the parent process
        try:
            if self._is_clean(connection):
                with self._lock:
                    self._idle.append((connection, born))
            else:
                _close(connection)
        finally:
            self._slots.release()

    def close(self) -> None:
        """Close the idle connections. The pool stays usable."""
        with self._lock:
            idle, self._idle = self._idle, []
        if os.getpid() == self._owner:
            for connection, _ in idle:
                _close(connection)

    def _take(self) -> Connection | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection, born = self._idle.pop()
            if self._monotonic() - born < self._lifetime and is_quiet(connection):
                self._born[id(connection)] = born
                return connection
            _close(connection)

    def _open(self) -> Connection:
        try:
            connection = self._connect()
        except psycopg.Error as error:
            raise unavailable(str(error), sqlstate=error.sqlstate or "") from error
        self._born[id(connection)] = self._monotonic()
        return connection

    def _is_clean(self, connection: Connection) -> bool:
        """Roll back what is open. The role and the claims were local to it, so they go too."""
        status = connection.info.transaction_status
        if connection.closed or status in (TransactionStatus.UNKNOWN, TransactionStatus.ACTIVE):
            return False
        if connection.pgconn.pipeline_status != PipelineStatus.OFF:
            return False
        if status != TransactionStatus.IDLE:
            try:
                # The method, not the statement: it makes psycopg forget what it believes to be
                # prepared. In a pipeline that failed, the server has skipped some of it.
                connection.rollback()
            except psycopg.Error:
                return False
        return True

    def _after_fork(self) -> None:
        """Forget what a forked child has inherited.

        The references are kept: dropping one would say goodbye on a socket that the parent uses.
        """
        if os.getpid() == self._owner:
            return
        self._inherited += [self._idle, self._born]
        self._idle, self._born = [], {}
        self._slots = threading.BoundedSemaphore(self._size)
        self._lock = threading.Lock()
        self._owner = os.getpid()


def is_quiet(connection: Connection) -> bool:
    """Whether nothing has arrived on an idle connection, at no cost in round trips.

    A server that stopped or restarted has said goodbye, or closed the socket: both make it
    readable.
    """
    if connection.closed:
        return False
    try:
        if hasattr(select, "poll"):
            poll = select.poll()
            poll.register(connection.fileno(), select.POLLIN | select.POLLPRI)
            return not poll.poll(0)
        return not select.select([connection.fileno()], [], [], 0)[0]
    except (OSError, ValueError, psycopg.Error):
        return False


def _close(connection: Connection) -> None:
    with suppress(psycopg.Error):
        connection.close()
