"""One WSGI app on one listening socket: HTTP/1.1 with keep-alive and a pool of threads."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from cheroot.wsgi import Server

from hipflask.local.http_server.connection import Connection
from hipflask.local.http_server.gateway import Gateway
from hipflask.local.http_server.head import LARGEST_HEAD
from hipflask.local.http_server.threads import GrowingThreads
from hipflask.local.ports import listen

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_log = logging.getLogger(__name__)
_FAREWELL_SECONDS = 1
#: Threads that come when all others wait for slow clients.
_MOST_MORE = 240


class HttpServer:
    """Answers on ``listener``, or on a loopback port of its own (0 for a free one)."""

    def __init__(
        self,
        app: WSGIApplication,
        *,
        listener: socket.socket | None = None,
        port: int = 0,
        threads: int = 8,
        name: str = "http",
    ) -> None:
        self._socket = listener or listen(port, name)
        self.port: int = self._socket.getsockname()[1]
        self._server = _BoundServer(self._socket, app, threads)
        self._thread = threading.Thread(target=self._server.serve, name=name, daemon=True)

    @property
    def url(self) -> str:
        """The address, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Begin to answer. Connections that came before wait in the socket's queue."""
        self._server.prepare()
        self._thread.start()

    def stop(self) -> None:
        """Close the port; requests under way get a second to finish."""
        stopper = threading.Thread(target=self._server.stop, name="http stop", daemon=True)
        stopper.start()
        while stopper.is_alive():
            # Cheroot looks up only twice a second, unless somebody connects.
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=0.1).close()
            stopper.join(0.01)
        if self._thread.is_alive():
            self._thread.join(_FAREWELL_SECONDS)
        self._socket.close()


class MadeAtFirstRequest:
    """A WSGI app that is made when somebody asks for it: the start need not wait for it."""

    def __init__(self, make: Callable[[], WSGIApplication]) -> None:
        self._make = make
        self._app: WSGIApplication | None = None
        self._turn = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._turn:
            if self._app is None:
                self._app = self._make()
        return self._app(environ, start_response)


class _BoundServer(Server):
    """Cheroot's server on a socket that is bound already."""

    ConnectionClass = Connection
    #: A page with many uploads, or a program with a pool, must not be asked to connect anew.
    keep_alive_conn_limit = 256
    max_request_header_size = LARGEST_HEAD

    def __init__(self, listener: socket.socket, app: WSGIApplication, threads: int) -> None:
        self._listener = listener
        super().__init__(
            listener.getsockname()[:2],
            app,
            numthreads=threads,
            server_name="127.0.0.1",
            shutdown_timeout=_FAREWELL_SECONDS,
            request_queue_size=128,
        )
        self.gateway = Gateway
        self.requests = GrowingThreads(self, least=threads, most=threads + _MOST_MORE)

    def bind(self, *_: Any) -> socket.socket:
        """Take the socket that we were given instead of making one."""
        self.socket = self._listener
        return self._listener

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Write to our log; cheroot's own way is standard error."""
        _log.log(level, "%s", msg, exc_info=traceback)
