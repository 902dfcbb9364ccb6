"""A TCP proxy that counts round trips: how often the client spoke after the server had answered."""

from __future__ import annotations

import contextlib
import select
import socket
import threading

PAUSE_SECONDS = 0.02  # two pieces of one answer lie microseconds apart


class CountingProxy:
    """Forwards loopback connections to a target; use it as a context manager."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        self.round_trips = 0
        self.connections = 0
        #: Swallows what the server says, while every connection stands.
        self.silent = False

    def __enter__(self) -> CountingProxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Break every connection, as a server that is killed does."""
        with self._lock:
            sockets, self._sockets = self._sockets, []
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._target)
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._sockets += [client, server]
                self.connections += 1
            turn = _Turn()
            threading.Thread(
                target=self._pump, args=(client, server, turn, True), daemon=True
            ).start()
            threading.Thread(
                target=self._pump, args=(server, client, turn, False), daemon=True
            ).start()

    def _pump(
        self, source: socket.socket, sink: socket.socket, turn: _Turn, from_client: bool
    ) -> None:
        # ValueError: the socket was closed before select looked at it.
        with contextlib.suppress(OSError, ValueError):
            while data := _whole(source):
                with self._lock:
                    if from_client and not turn.client_speaks:
                        self.round_trips += 1
                    turn.client_speaks = from_client
                if from_client or not self.silent:
                    sink.sendall(data)
        for each in (source, sink):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class _Turn:
    client_speaks = False


def _whole(source: socket.socket) -> bytes:
    """Return what one side says, in one piece even if it was sent in several.

    A side that got half an answer may go on and speak between the two halves, and one turn would
    be counted as two.
    """
    data = source.recv(65536)
    while data and select.select([source], [], [], PAUSE_SECONDS)[0]:
        more = source.recv(65536)
        if not more:
            break
        data += more
    return data
