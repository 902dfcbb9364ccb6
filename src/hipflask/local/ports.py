"""Listening sockets on loopback, bound first of all: a taken port is known at once."""

from __future__ import annotations

import socket
import sys

from hipflask.errors import PortInUse

LOOPBACK = "127.0.0.1"
_BACKLOG = 128


def listen(port: int, needed_for: str, *, hint: str = "") -> socket.socket:
    """Return a socket that listens on a loopback port. Raises ``PortInUse``."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform == "win32":
        # There, SO_REUSEADDR would let two programs share the port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        # Deferred: only an error needs to look through the system's processes.
        from hipflask.local.postgres.ports import holder_of

        if isinstance(error, PermissionError) and 0 < port < 1024:
            hint = hint or "Ports below 1024 belong to the system. Choose a higher one."
        raise PortInUse(port, needed_for, held_by=holder_of(port), hint=hint) from None
    return listener
