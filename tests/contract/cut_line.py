"""A line to the backend that breaks where a test says so."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_BLOCK: Final = 1 << 16


@dataclass
class CutLine:
    """Passes connections on. ``cuts`` are the bytes after which the next ones break, in order.

    The client sees it break by RST; the server gets what was passed on, and then nothing more.
    ``up`` counts what was passed on.
    """

    target_port: int
    cuts: list[int] = field(default_factory=list)
    up: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self._ends.is_set():
            with contextlib.suppress(TimeoutError):
                client, _ = self._listener.accept()
                thread = threading.Thread(target=self._pass_on, args=(client,))
                self._threads.append(thread)
                thread.start()

    def _pass_on(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self.target_port))
        back = threading.Thread(target=self._pump, args=(server, client))
        back.start()
        left = None
        client.settimeout(0.05)
        passed = 0
        while not self._ends.is_set():
            try:
                block = client.recv(_BLOCK)
            except TimeoutError:
                continue
            except OSError:
                break
            if not block:
                break
            # Only a connection that carries a body is worth breaking.
            if left is None and passed + len(block) > 4096 and self.cuts:
                left = self.cuts.pop(0)
            if left is not None:
                block, left = block[:left], left - len(block)
            with contextlib.suppress(OSError):
                server.sendall(block)
            passed += len(block)
            self.up += len(block)
            if left is not None and left <= 0:
                break
        _reset(client)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_WR)
        back.join()
        server.close()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(_BLOCK):
                target.sendall(block)
            target.shutdown(socket.SHUT_WR)


def _reset(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextlib.contextmanager
def cut_line(target_port: int, *cuts: int) -> Iterator[CutLine]:
    """Lend a line that breaks its next connections after ``cuts`` bytes."""
    line = CutLine(target_port, list(cuts))
    try:
        yield line
    finally:
        line.close()
