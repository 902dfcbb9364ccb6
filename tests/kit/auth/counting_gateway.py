"""An HTTP server in front of the backend that counts the calls and can be slow."""

from __future__ import annotations

import http.server
import threading
import time
from collections import Counter

import urllib3


class CountingGateway:
    """Passes every request on; use it as a context manager."""

    def __init__(self, target: str, *, slow: float = 0.0) -> None:
        self.calls: Counter[str] = Counter()
        self._lock = threading.Lock()
        pool = urllib3.PoolManager(maxsize=16)
        gateway = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                gateway._count(f"{self.command} {self.path}")
                time.sleep(slow)
                headers = {k: v for k, v in self.headers.items() if k.lower() != "host"}
                answer = pool.request(
                    self.command,
                    target + self.path,
                    body=body,
                    headers=headers,
                    redirect=False,
                    retries=False,
                )
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
                self.send_header("Content-Length", str(len(answer.data)))
                self.end_headers()
                self.wfile.write(answer.data)

            do_GET = do_POST = do_PUT = _pass_on  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._pool = pool

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def refreshes(self) -> int:
        return sum(count for call, count in self.calls.items() if "grant_type=refresh" in call)

    def __enter__(self) -> CountingGateway:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._pool.clear()

    def _count(self, call: str) -> None:
        with self._lock:
            self.calls[call] += 1
