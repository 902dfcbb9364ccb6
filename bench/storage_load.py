"""Load for a file server: processes that send or fetch one object after the other, kept alive.

Written on bare sockets, one process a client, so that the generator costs little beside what it
measures: bench/storage.py shows by nginx what it can do at most.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

_LONGEST_SECONDS = 300
_PIECE = 1 << 20


@dataclass(frozen=True)
class Load:
    """What each client does until the time is over. ``{name}`` in the path is new each time."""

    port: int
    method: str
    path: str
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = field(default=b"", repr=False)
    #: The length of every answer's body, where that matters.
    expected: int | None = None


@dataclass(frozen=True)
class Outcome:
    """How many requests were answered in how many seconds, and what the clients themselves cost."""

    requests: int
    seconds: float
    client_cpu_seconds: float
    names: Sequence[str] = field(repr=False)

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def run(load: Load, *, label: str, clients: int, seconds: float) -> Outcome:
    """Let the clients loose together; ends when the last has its last answer."""
    fork = multiprocessing.get_context("fork")
    barrier = fork.Barrier(clients + 1)
    pipes, processes = [], []
    for number in range(clients):
        here, there = fork.Pipe(duplex=False)
        pipes.append(here)
        name = f"{label}-{number}"
        process = fork.Process(target=_client, args=(load, name, seconds, barrier, there))
        process.start()
        there.close()
        processes.append(process)
    barrier.wait()
    began = time.perf_counter()
    answers = [_received(pipe) for pipe in pipes]
    taken = time.perf_counter() - began
    for process in processes:
        process.join()
    names = [f"{label}-{n}-{i}" for n, (count, _) in enumerate(answers) for i in range(count)]
    return Outcome(len(names), taken, sum(cpu for _, cpu in answers), names)


def _received(pipe: Connection) -> tuple[int, float]:
    try:
        count, cpu = pipe.recv()
    except EOFError:
        sys.exit("a client of the benchmark failed")
    return count, cpu


def _client(load: Load, name: str, seconds: float, barrier: Barrier, told: Connection) -> None:
    line = KeptAlive(load.port)
    barrier.wait()
    began_cpu = sum(os.times()[:2])
    deadline = time.perf_counter() + seconds
    count = 0
    while count == 0 or time.perf_counter() < deadline:
        path = load.path.format(name=f"{name}-{count}")
        length = line.ask(load.method, path, load.headers, load.body)
        if load.expected not in (None, length):
            sys.exit(f"{path}: {length} bytes instead of {load.expected}")
        count += 1
    told.send((count, sum(os.times()[:2]) - began_cpu))


class KeptAlive:
    """One connection. Whatever is not 2xx ends the benchmark: a fast error is no result."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = self._connected()
        self._space = memoryview(bytearray(_PIECE))

    def _connected(self) -> socket.socket:
        opened = socket.create_connection(("127.0.0.1", self._port), timeout=_LONGEST_SECONDS)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened

    def ask(
        self, method: str, path: str, headers: Sequence[tuple[str, str]], body: bytes = b""
    ) -> int:
        """Send a request, read its answer to the end, and return how long the answer's body was."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self._port}"]
        lines += [f"{name}: {value}" for name, value in headers]
        if body or method in ("POST", "PUT"):
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join([*lines, "", ""]).encode()
        if len(body) <= _PIECE:
            self._socket.sendall(head + body)
        else:
            self._socket.sendall(head)
            self._socket.sendall(body)
        answer, rest = self._head()
        status = int(answer[0].split(b" ", 2)[1])
        fields = dict(line.lower().split(b": ", 1) for line in answer[1:])
        if b"content-length" not in fields:
            sys.exit(f"{method} {path}: an answer without Content-Length: {answer}")
        length = int(fields[b"content-length"])
        left = length - len(rest)
        while left > 0:
            got = self._socket.recv_into(self._space, min(left, _PIECE))
            if not got:
                sys.exit(f"{method} {path}: cut short")
            left -= got
        if not 200 <= status < 300:
            sys.exit(f"{method} {path}: {answer} {bytes(self._space[:300])!r}")
        if fields.get(b"connection") == b"close":
            self._socket.close()
            self._socket = self._connected()
        return length

    def _head(self) -> tuple[list[bytes], bytes]:
        head = bytearray()
        while (end := head.find(b"\r\n\r\n")) < 0:
            piece = self._socket.recv(65536)
            if not piece:
                sys.exit("the server hung up")
            head += piece
        return bytes(head[:end]).split(b"\r\n"), bytes(head[end + 4 :])
