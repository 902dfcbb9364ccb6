"""How one process asks another's stack to stop: a loopback port and a token in the state file.

Signals would do on POSIX; Windows has none that end a process politely from outside.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import socket
import threading
from collections.abc import Callable

LOOPBACK = "127.0.0.1"
_LONGEST_LINE = 4096
_PATIENCE = 5.0


class ControlServer:
    """Answers ``ping`` and ``stop`` to whoever knows the token."""

    def __init__(self, token: str, stop: Callable[[], None]) -> None:
        self._token = token
        self._stop = stop
        self._socket = socket.create_server((LOOPBACK, 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, name="control", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Close the port."""
        # Shutting down wakes the thread that waits in accept(); closing alone does not on Linux.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError, ValueError):
                connection.settimeout(_PATIENCE)
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        asked = json.loads(_line(connection))
        token = str(asked.get("token", ""))
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            connection.sendall(b'{"ok": false}\n')
            return
        connection.sendall(b'{"ok": true}\n')
        if asked.get("command") == "stop":
            self._stop()


def ask(port: int, token: str, command: str, *, timeout: float = _PATIENCE) -> bool:
    """Send a command; return whether the stack that owns the token answered."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=timeout) as connection:
            request = json.dumps({"token": token, "command": command})
            connection.sendall(request.encode() + b"\n")
            return bool(json.loads(_line(connection)).get("ok"))
    except (OSError, ValueError):
        return False


def _line(connection: socket.socket) -> bytes:
    received = b""
    while not received.endswith(b"\n"):
        part = connection.recv(_LONGEST_LINE)
        if not part or len(received) > _LONGEST_LINE:
            raise ValueError("no whole line")
        received += part
    return received
