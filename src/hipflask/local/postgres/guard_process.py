"""Runs one PostgreSQL server for as long as standard input stays open.

A program of its own, started with ``python -I -S``: it may import nothing but the standard
library. Its owner holds the other end of the pipe and sends one line of JSON (see ``Orders``);
when the owner dies in whatever way, the system closes the pipe and the server is stopped.
It writes the pid of each server that it starts to standard output, one on a line.
Exit codes: 0 stopped as asked, 3 the server ended by itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

_SERVER_ENDED = 3
_FAST_STOP_SECONDS = 20
_RESTARTS = 5
_RESTART_WINDOW = 60.0


class Orders(TypedDict):
    """What the owner asks for."""

    server: str  # path of the program `postgres`
    pg_ctl: str  # path of pg_ctl; used on Windows only
    data: str
    port: int
    log: str
    uid: int | None  # the account to run under; None: our own
    gid: int | None


class PosixServer:
    """The server as our child process."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        account: dict[str, Any] = {}
        if orders["uid"] is not None:
            account = {"user": orders["uid"], "group": orders["gid"], "extra_groups": []}
        if sys.platform == "linux":
            account["preexec_fn"] = _make_last_will()
        with Path(orders["log"]).open("ab") as log:
            self._process = subprocess.Popen(
                [orders["server"], "-D", orders["data"], "-p", str(orders["port"])],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=orders["data"],
                **account,
            )
        self.pid = self._process.pid

    def wait(self) -> None:
        self._process.wait()

    def stop(self) -> None:
        # fast (ends sessions, writes everything down), then immediate (as after a crash)
        for number in (signal.SIGINT, signal.SIGQUIT):
            self._process.send_signal(number)
            try:
                self._process.wait(_FAST_STOP_SECONDS)
                return
            except subprocess.TimeoutExpired:
                continue
        self._process.kill()


def _make_last_will() -> Callable[[], None]:
    """Return what has the kernel stop the server when we are killed: nobody else could then.

    SIGINT is PostgreSQL's "fast" stop. Called after the account was changed, which would undo it.
    """
    import ctypes  # Linux only, where prctl is

    prctl, set_parent_death_signal = ctypes.CDLL(None).prctl, 1

    def last_will() -> None:
        prctl(set_parent_death_signal, int(signal.SIGINT))

    return last_will


class WindowsServer:
    """The server started by pg_ctl, which drops an administrator's rights as PostgreSQL demands."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._pg_ctl("start", "-W", "-l", orders["log"], "-o", f"-p {orders['port']}", check=True)
        self.pid = self._await_pid()

    def _await_pid(self) -> int:
        file = Path(self._orders["data"], "postmaster.pid")
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            try:
                first = file.read_text(encoding="ascii", errors="replace").split("\n", 1)[0]
            except OSError:
                first = ""
            if first.strip().isdigit():
                return int(first)
            time.sleep(0.01)
        return 0

    def wait(self) -> None:
        if sys.platform == "win32" and self.pid:
            import ctypes

            kernel = ctypes.windll.kernel32
            may_synchronize, forever = 0x00100000, 0xFFFFFFFF
            handle = kernel.OpenProcess(may_synchronize, False, self.pid)
            if handle:
                kernel.WaitForSingleObject(handle, forever)
                kernel.CloseHandle(handle)

    def stop(self) -> None:
        for mode in ("fast", "immediate"):
            if self._pg_ctl("stop", "-w", "-m", mode, "-t", str(_FAST_STOP_SECONDS)) == 0:
                return

    def _pg_ctl(self, action: str, *options: str, check: bool = False) -> int:
        return subprocess.run(
            [self._orders["pg_ctl"], action, "-D", self._orders["data"], *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            check=check,
        ).returncode


Server = WindowsServer if sys.platform == "win32" else PosixServer


class Guard:
    """Keeps the server running until told to stop; restarts one that was killed."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._stopping = False
        self._turn = threading.Lock()  # a server is either being started or being stopped
        self._server: PosixServer | WindowsServer | None = None

    def run(self) -> int:
        restarts: list[float] = []
        was_ready = False
        while self._start():
            server = self._server
            assert server is not None
            with contextlib.suppress(OSError):  # the owner died, which `watch` sees too
                os.write(sys.stdout.fileno(), b"%d\n" % server.pid)
            server.wait()
            if self._stopping:
                return 0
            was_ready = self._crashed_while_ready(server.pid) or was_ready
            now = time.monotonic()
            restarts = [moment for moment in restarts if now - moment < _RESTART_WINDOW] + [now]
            left_on_its_own_accord = not Path(self._orders["data"], "postmaster.pid").exists()
            if not was_ready or left_on_its_own_accord or len(restarts) > _RESTARTS:
                return _SERVER_ENDED
            # The children of a killed server need a moment to notice and let go of its memory.
            time.sleep(0.2 * len(restarts))
        return 0

    def stop(self) -> None:
        with self._turn:
            self._stopping = True
            if self._server is not None:
                self._server.stop()

    def _start(self) -> bool:
        with self._turn:
            if not self._stopping:
                self._server = Server(self._orders)
            return not self._stopping

    def _crashed_while_ready(self, pid: int) -> bool:
        """A killed server leaves its pid file behind; one that ends by itself removes it."""
        try:
            lines = Path(self._orders["data"], "postmaster.pid").read_text("utf-8").splitlines()
        except (OSError, ValueError):
            return False
        return len(lines) > 7 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def main() -> int:
    line = sys.stdin.buffer.readline()
    if not line:
        return 0
    guard = Guard(json.loads(line))

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        guard.stop()

    def on_signal(*_: object) -> None:
        threading.Thread(target=guard.stop).start()

    threading.Thread(target=watch, daemon=True).start()
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), on_signal)
    return guard.run()


if __name__ == "__main__":
    sys.exit(main())
