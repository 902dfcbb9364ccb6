"""Runs the application in a child process, again and again as its code changes."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from hipflask.cli.app_process import BROKEN_HEADER
from hipflask.local.ports import listen

DEFAULT_APP = "app:create_app()"
_FAREWELL_SECONDS = 5.0
_START_SECONDS = 60.0


class AppSupervisor:
    """Holds the port, starts the child, replaces it, and ends it.

    On POSIX the listening socket is ours and the child inherits it: while the child is replaced,
    browsers wait instead of being refused. On Windows the child binds the port itself.
    """

    def __init__(
        self,
        root: Path,
        *,
        port: int,
        log: Path,
        on_output: Callable[[str], None],
        app: str = DEFAULT_APP,
    ) -> None:
        self.root = root
        self._app = app
        self._log = log
        self._on_output = on_output
        self._socket: socket.socket | None = listen(
            port,
            "the application",
            hint=f"Stop that process, or run: hipflask dev --port {port + 1}",
        )
        self.port: int = self._socket.getsockname()[1]
        if sys.platform == "win32":
            self._socket.close()
            self._socket = None
        self.was_ready = False
        """Whether the child that runs now has ever shown the application."""
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where the application answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The child's pid, while there is one."""
        return self._process.pid if self._process else None

    def start(self, environ: Mapping[str, str], *, explanation: str = "") -> None:
        """Start the child. Returns at once; ``await_ready`` waits.

        With an ``explanation`` it shows that on every page, and the application is not loaded.
        """
        self.was_ready = False
        inherited = self._socket.fileno() if self._socket is not None else None
        process = subprocess.Popen(
            [sys.executable, "-m", "hipflask.cli.app_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.root,
            env=dict(environ),
            **_apart(inherited),
        )
        self._process = process
        assert process.stdin is not None
        orders = {
            "root": str(self.root),
            "app": self._app,
            "fd": inherited,
            "port": self.port,
            "explanation": explanation,
        }
        process.stdin.write(json.dumps(orders).encode() + b"\n")
        process.stdin.flush()
        assert process.stdout is not None
        self._reader = threading.Thread(
            target=self._pass_on, args=(process.stdout,), name="app output", daemon=True
        )
        self._reader.start()

    def stop(self) -> None:
        """End the child and wait for it."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()
        try:
            process.wait(_FAREWELL_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._reader is not None:
            self._reader.join(1)

    def close(self) -> None:
        """End the child and give the port back."""
        self.stop()
        if self._socket is not None:
            self._socket.close()

    def has_ended(self) -> int | None:
        """Return the exit code of a child that ended by itself, else ``None``."""
        return self._process.poll() if self._process is not None else None

    def await_ready(self, given_up: Callable[[], bool] = lambda: False) -> bool:
        """Wait until the child answers; return whether the application could be loaded.

        Returns early with False when the child has ended, or when ``given_up`` says so.
        """
        deadline = time.monotonic() + _START_SECONDS

        def over() -> bool:
            return self.has_ended() is not None or given_up() or time.monotonic() > deadline

        while not over():
            try:
                self.was_ready = self._asks_well(over)
                return self.was_ready
            except OSError:
                time.sleep(0.05)
        return False

    def _asks_well(self, over: Callable[[], bool]) -> bool:
        # By hand: http.client takes as long to import as PostgreSQL to start.
        lines = (
            "GET /healthz HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            "Connection: close",
            "",
            "",
        )
        with socket.create_connection(("127.0.0.1", self.port), timeout=_START_SECONDS) as asking:
            asking.sendall("\r\n".join(lines).encode())
            # Our socket accepts for a child that may have died: a plain wait would last forever.
            while not select.select([asking], [], [], 0.1)[0]:
                if over():
                    return False
            answer = b""
            while part := asking.recv(65536):
                answer += part
        if not answer:
            raise ConnectionResetError
        return BROKEN_HEADER.lower().encode() not in answer.partition(b"\r\n\r\n")[0].lower()

    def _pass_on(self, output: IO[bytes]) -> None:
        """Show what the child writes, and keep it in the log."""
        with output, self._log.open("ab") as log:
            for line in output:
                log.write(line)
                log.flush()
                self._on_output(line.decode("utf-8", "replace").rstrip("\r\n"))


def _apart(inherited: int | None) -> dict[str, Any]:
    """Keep Ctrl-C for us: we decide in which order things stop."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True, "pass_fds": (inherited,) if inherited is not None else ()}
