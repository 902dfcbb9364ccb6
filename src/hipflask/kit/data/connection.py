"""A connection that does not wait for ever.

The server's own ``statement_timeout`` ends what takes too long, but not what never reaches it: a
pooler that is stuck keeps the socket open and says nothing, and TCP finds nothing wrong with that.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen

R = TypeVar("R")

MARGIN_SECONDS: Final = 5.0
"""How much longer than a statement may take its answer is waited for."""

_INTERVAL: Final = 0.1


class PatientConnection(psycopg.Connection[dict[str, Any]]):
    """Closes itself, with OperationalError, when an answer takes longer than ``patience``."""

    patience: float = 35.0
    """In seconds, for each answer."""

    def send_ahead(self, command: bytes, *values: str) -> None:
        """Put a command into the open pipeline whose rows nobody reads; ``$1`` is the first value.

        It leaves with the next statement, or with the end of the pipeline, where its error shows.
        ``execute`` would make a cursor and talk to the socket for each: three of them cost more
        than the statement that somebody waits for.
        """
        pipeline = self._pipeline
        assert pipeline is not None, "there is no pipeline to send it in"
        send = partial(
            self.pgconn.send_query_params, command, [value.encode() for value in values] or None
        )
        # What psycopg's own BEGIN goes through (BaseConnection._exec_command): no cursor, None.
        pipeline.command_queue.append(send)
        pipeline.result_queue.append(None)

    def wait(self, gen: PQGen[R], interval: float = _INTERVAL, timeout: float | None = None) -> R:
        """Wait for an answer, as psycopg does."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.OperationalError as error:
            # Without a code the server did not say it: the connection is of no more use, and what
            # tidies up after it (the end of a pipeline) would wait as long again.
            if error.sqlstate is None:
                self.pgconn.finish()
            raise
