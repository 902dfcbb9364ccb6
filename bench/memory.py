"""Memory of the container's processes after ten users at once on the dashboard. Linux only.

    python bench/memory.py [--users 10] [--seconds 20]

The server is the image's command line over its locked packages and nothing else; Supabase is the
embedded stack, in this process. Each user signs in by the form, writes three notes and then reloads
the dashboard until the time is over. Prints the container-equivalent (bench/process_memory.py)
before, at its highest and after.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.process_memory import container_equivalent  # noqa: E402
from hipflask.testing import SupabaseBackend  # noqa: E402
from hipflask.testing.factory import BackendFactory  # noqa: E402
from hipflask.testing.project import ProjectUnderTest  # noqa: E402
from tests.container.installed import Installed, install  # noqa: E402

PASSWORD = "correct horse battery"
TARGET = 96


class User:
    """Somebody with a browser that keeps its connection and its cookie."""

    def __init__(self, port: int, email: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._cookie = ""
        self._page = ""
        self.email = email
        self.pages = 0

    def get(self, path: str) -> None:
        self._ask("GET", path, None)

    def submit(self, action: str, **fields: str) -> None:
        """Send a form of the page that is open."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self._page)
        if token is None:
            sys.exit(f"the page has no form: {self._page[:300]}")
        self._ask("POST", action, urlencode({"csrf_token": token[1], **fields}))

    def _ask(self, method: str, path: str, body: str | None) -> None:
        headers = {"Cookie": self._cookie} if self._cookie else {}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
        except http.client.RemoteDisconnected:
            # The server closed a connection that was idle; the request was not begun.
            self._connection.close()
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
        self._page = answer.read().decode()
        if answer.headers["Set-Cookie"]:
            self._cookie = answer.headers["Set-Cookie"].split(";")[0]
        if answer.status >= 400:
            sys.exit(f"{method} {path}: {answer.status} {self._page[:300]}")

    def sign_in_and_write(self) -> None:
        self.get("/login")
        self.submit("/login", email=self.email, password=PASSWORD)
        for number in range(3):
            self.get("/dashboard")
            self.submit("/dashboard/notes/new", title=f"Note {number}", body="What I saw today.")

    def reload_until(self, deadline: float) -> None:
        while time.monotonic() < deadline:
            self.get("/dashboard")
            if self.email not in self._page and "Note 2" not in self._page:
                sys.exit(f"not the dashboard: {self._page[:300]}")
            self.pages += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="hipflask-memory-"))
    folder.chmod(0o755)
    factory = BackendFactory(ProjectUnderTest.find(ROOT / "starter", os.environ), os.environ)
    try:
        backend = factory.make()
        emails = [f"user{number}@example.com" for number in range(options.users)]
        for email in emails:
            backend.create_user(email, password=PASSWORD)
        with serving(install(folder), backend) as (port, pid):
            measure(port, pid, emails, options.seconds)
        factory.take_back(backend)
    finally:
        factory.close()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def serving(installed: Installed, backend: SupabaseBackend) -> Iterator[tuple[int, int]]:
    """Run the image's command line; yield the port and the master's process id."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
    process = subprocess.Popen(
        installed.command(),
        cwd=installed.app,
        env=installed.environment(port, **backend.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        for _ in range(600):
            time.sleep(0.05)
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def measure(port: int, pid: int, emails: list[str], seconds: float) -> None:
    """Let the users in, watch the memory, print what it came to."""
    visitor = User(port, "")
    visitor.get("/healthz")
    print(f"after the first /healthz: {container_equivalent(pid):.1f} MiB")
    users = [User(port, email) for email in emails]
    for user in users:
        user.sign_in_and_write()
    print(f"{len(users)} signed in, one after the other: {container_equivalent(pid):.1f} MiB")
    began = time.monotonic()
    threads = [threading.Thread(target=u.reload_until, args=(began + seconds,)) for u in users]
    for thread in threads:
        thread.start()
    highest = 0.0
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.5)
        highest = max(highest, container_equivalent(pid))
    pages = sum(user.pages for user in users)
    after = container_equivalent(pid)
    print(
        f"{len(users)} at once for {seconds:.0f} s, {pages} dashboards"
        f" ({pages / seconds:.0f} a second): highest {max(highest, after):.1f} MiB,"
        f" after {after:.1f} MiB, target {TARGET}"
    )


if __name__ == "__main__":
    main()
