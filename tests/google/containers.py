"""Containers of revisions: whoever starts them, and waiting until one listens."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Mapping
from typing import Any, Protocol


class Containers(Protocol):
    """Starts what an image holds, as a process of this machine."""

    def start(self, env: Mapping[str, str], image: str, port: int) -> subprocess.Popen[Any] | None:
        """Start the process of ``image`` with exactly ``env``; it must listen on ``port``.

        Called on a thread of its own. The process is the caller's child: where a test counts the
        processes that it leaves behind, the fake must live in the test or the deployment in the
        fixture. Every revision's process lives until its service is deleted or the fake ends.

        ``None`` means that this image has none: the revision is ready, and its web answers 503.
        Standard output belongs to whoever starts the process.
        """


def free_port() -> int:
    """Return a port that nobody listens on: all revisions share one machine, 8080 will not do."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def listens(
    process: subprocess.Popen[Any], port: int, seconds: float, closing: threading.Event
) -> bool:
    """Wait until somebody listens on ``port``; give up when the process or the time has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not closing.is_set():
        if process.poll() is not None:
            return False
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return True
    return False


def end(process: subprocess.Popen[Any]) -> None:
    """End a process as Cloud Run does: SIGTERM, ten seconds, SIGKILL."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()
