"""Clients that send or read slowly on purpose, so that a few of them hold every thread.

Beside gunicorn's threads, which wait without end for the rest of a request and for an answer to be
taken. As Apache's mod_reqtimeout: some time for a start, and more for each byte that comes. Only
waiting counts, not what the application does in between. A front end such as Cloud Run's holds slow
*heads* back by itself; bodies it passes on as they come.

Knows gunicorn only by what it is mixed into; gunicorn is the project's, not Hipflask's.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any, Final

HEAD_SECONDS: Final = 20.0
BODY_SECONDS: Final = 20.0
LEAST_BYTES_PER_SECOND: Final = 500
ANSWER_SECONDS: Final = 60.0
"""For each piece of an answer; pieces are small."""


class HurriedSocket:
    """The part of a socket that a parser reads from; how long it may wait is counted."""

    def __init__(
        self, sock: socket.socket, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._sock = sock
        self._monotonic = monotonic
        self._limit: float | None = None
        self._left = HEAD_SECONDS
        self._in_head = True
        self.given_up = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def gettimeout(self) -> float | None:
        """Return the server's own limit, which it sets to throw away what is left of a body."""
        return self._limit

    def settimeout(self, seconds: float | None) -> None:
        """Set the server's own limit. The socket's stays as it is: answers are sent under it."""
        self._limit = seconds

    def begin_head(self) -> None:
        """Count anew: a request is to come."""
        self._left, self._in_head = HEAD_SECONDS, True

    def begin_body(self) -> None:
        """Count anew: the head is complete."""
        self._left, self._in_head = BODY_SECONDS, False

    def recv(self, size: int) -> bytes:
        """Return what comes; none when too little does.

        Raises TimeoutError within a body; later on there is nothing.
        """
        if self.given_up:
            return b""
        before = self._monotonic()
        wait = self._left if self._limit is None else min(self._left, self._limit)
        try:
            self._sock.settimeout(max(wait, 0.001))
            data = self._sock.recv(size)
        except TimeoutError:
            if self._left > wait:
                raise  # nobody wanted to read it
            return self._give_up()
        finally:
            self._sock.settimeout(ANSWER_SECONDS)
        self._left -= self._monotonic() - before
        if self._left <= 0:
            return self._give_up()
        self._left = min(self._left + len(data) / LEAST_BYTES_PER_SECOND, BODY_SECONDS)
        return data

    def _give_up(self) -> bytes:
        self.given_up = True
        if self._in_head:
            return b""  # as if it had hung up
        raise TimeoutError("the body of the request comes too slowly")


class GuardedInput:
    """``wsgi.input`` whose errors are the client's: Flask answers 408 and 400 instead of 500."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        return self._guarded(self._stream.read, size)

    def readline(self, size: int = -1) -> bytes:
        """Return the next line."""
        return self._guarded(self._stream.readline, size)

    def readlines(self, hint: int = -1) -> list[bytes]:
        """Return all lines."""
        del hint
        return list(self)

    def __iter__(self) -> Any:
        return iter(self.readline, b"")

    def _guarded(self, read: Callable[[int], bytes], size: int) -> bytes:
        from werkzeug.exceptions import ClientDisconnected, RequestTimeout

        try:
            return read(size)
        except TimeoutError as error:
            raise RequestTimeout from error
        except OSError as error:
            raise ClientDisconnected from error
        except Exception as error:
            # A body in pieces that breaks their rules: gunicorn's own kinds of errors.
            if not type(error).__module__.startswith("gunicorn."):
                raise
            raise ClientDisconnected from error


class HurryClients:
    """Mix-in for gunicorn's ``ThreadWorker``: ``class Worker(HurryClients, ThreadWorker)``."""

    def load_wsgi(self) -> None:
        """Load the application, and let it read guarded bodies."""
        super().load_wsgi()  # type: ignore[misc]
        application = self.wsgi  # type: ignore[has-type]

        def guarded(environ: dict[str, Any], start_response: Any) -> Any:
            if "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ:
                environ["wsgi.input"] = GuardedInput(environ["wsgi.input"])
            return application(environ, start_response)

        self.wsgi = guarded

    def handle(self, conn: Any) -> Any:
        """Handle a request on a connection."""
        if conn.initialized:
            _hurry(conn)
        else:
            initialize = conn.init

            def init_hurried() -> None:
                initialize()
                _hurry(conn)

            conn.init = init_hurried
        return super().handle(conn)  # type: ignore[misc]

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a request whose head has come."""
        hurried: HurriedSocket = conn.parser.unreader.sock
        hurried.begin_body()
        conn.sock.settimeout(ANSWER_SECONDS)
        try:
            kept = super().handle_request(req, conn)  # type: ignore[misc]
        except TimeoutError:
            self.log.info("A client took its answer too slowly.")  # type: ignore[attr-defined]
            return False
        return kept and not hurried.given_up


def _hurry(conn: Any) -> None:
    """Let the connection's parser read from a hurried socket, and count anew."""
    unreader = getattr(conn.parser, "unreader", None)
    if unreader is None:
        return  # HTTP/2 has frames of its own, and gunicorn's limits for them
    if not isinstance(unreader.sock, HurriedSocket):
        unreader.sock = HurriedSocket(unreader.sock)
    unreader.sock.begin_head()
