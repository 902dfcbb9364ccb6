"""A web application of a few lines, as the container of a revision in the fake's own tests.

`GET /env` shows its environment, `/headers` the headers it got, `/events` comes in pieces,
`/cookie` sets a cookie, `/slow` takes a second.

With `CRASH` it ends at once; with `DEAF` it listens on nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class SmallApp:
    """Starts this file for every image (`Containers`); remembers what was asked."""

    def __init__(self) -> None:
        self.started: list[tuple[str, dict[str, str]]] = []

    def start(self, env: Mapping[str, str], image: str, port: int) -> subprocess.Popen[Any] | None:
        """An image whose name ends in `:nothing` has no process."""
        self.started.append((image, dict(env)))
        if image.endswith(":nothing"):
            return None
        system = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
        return subprocess.Popen([sys.executable, str(Path(__file__))], env={**system, **env})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Write no log."""

    def do_GET(self) -> None:
        if self.path == "/slow":
            time.sleep(1)
        if self.path == "/events":
            self._send_events()
            return
        answers: dict[str, Any] = {"/env": dict(os.environ), "/headers": dict(self.headers.items())}
        body = json.dumps(answers.get(self.path, "hello")).encode()
        self.send_response(200)
        if self.path == "/cookie":
            self.send_header("Set-Cookie", "a=b")
            self.send_header("Cache-Control", "public, max-age=60")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "7")
        self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send_events(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in (b"one", b"two"):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")


def main() -> None:
    """Serve on PORT, as a container must."""
    if "CRASH" in os.environ:
        sys.exit(3)
    if "DEAF" in os.environ:
        time.sleep(600)
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), _Handler).serve_forever()


if __name__ == "__main__":
    main()
