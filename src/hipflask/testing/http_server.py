"""A loopback HTTP server for one WSGI application, started in about two milliseconds."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from cheroot import wsgi

from hipflask.testing.leaks import OWN_THREADS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_THREADS = 6
_POLL_SECONDS = 0.1  # how soon `stop` is noticed; cheroot's own 0.5 s would show in every test


class LoopbackServer:
    """Holds a free port of 127.0.0.1 from the moment it is made; answers once told what to."""

    def __init__(self) -> None:
        self._server = wsgi.Server(("127.0.0.1", 0), _nothing_yet, numthreads=_THREADS)
        self._server.shutdown_timeout = 1
        self._server.expiration_interval = _POLL_SECONDS
        before = set(threading.enumerate())
        self._server.prepare()
        for worker in set(threading.enumerate()) - before:
            worker.name = f"{OWN_THREADS}-http"
        self._thread = threading.Thread(
            target=self._server.serve, name=f"{OWN_THREADS}-http", daemon=True
        )

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.bind_addr[1]}"

    def serve(self, app: WSGIApplication) -> None:
        """Answer with ``app`` from now on, in the background."""
        self._server.wsgi_app = app
        self._thread.start()

    def stop(self) -> None:
        """Close the port and wait for the requests under way."""
        self._server.stop()
        if self._thread.is_alive():
            self._thread.join()


def _nothing_yet(_environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    start_response("503 Service Unavailable", [("Content-Length", "0")])
    return []
